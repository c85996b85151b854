import CarrelCore
import Synchronization
import Testing

@testable import CarrelIdentity

@Suite("The line for hashing")
struct HashingLineTests {
    private final class Served: Sendable {
        let numbers = Mutex<[Int]>([])
    }

    @Test("Two are served at once, the others in their order, and nobody beyond the line's length")
    func bounded() async throws {
        let line = HashingLine(places: 2, longest: 3)
        try await line.enter()
        try await line.enter()
        let served = Served()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<3 {
                group.addTask {
                    try await line.enter()
                    served.numbers.withLock { $0.append(number) }
                    line.leave()
                }
                while line.waiting <= number { await Task.yield() }
            }
            let error = await #expect(throws: CarrelError.self) { try await line.enter() }
            #expect(error?.code == .tooManyRequests)
            #expect(served.numbers.withLock { $0 }.isEmpty)
            line.leave()
            try await group.waitForAll()
        }
        #expect(served.numbers.withLock { $0 } == [0, 1, 2])
        line.leave()
        try await line.enter()
        line.leave()
    }

    @Test("Who goes away while waiting leaves the line, and the place is not lost")
    func cancelled() async throws {
        let line = HashingLine(places: 1, longest: 5)
        try await line.enter()
        let waiting = Task { try await line.enter() }
        while line.waiting < 1 { await Task.yield() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(line.waiting == 0)
        line.leave()
        try await line.enter()
        line.leave()
    }

    @Test("Hashing many passwords at once all come right")
    func hashes() async throws {
        let hasher = PasswordHasher(cost: ScryptCost(logRounds: 4), places: 2, longest: 64)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<40 {
                group.addTask {
                    let password = Array("password \(number)".utf8)
                    let hash = try await hasher.hash(password, salt: Array(0..<16))
                    return try await hasher.matches(password, hash)
                }
            }
            for try await right in group { #expect(right) }
        }
    }
}
