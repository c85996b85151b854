import Dispatch

/// Hashes and checks passwords away from event loops and from the threads that tasks share.
public final class PasswordHasher: Sendable {
    /// What new hashes cost; older ones are brought up to it at the next sign-in.
    public let cost: ScryptCost
    let line: HashingLine
    private let queue = DispatchQueue(label: "carrel.passwords", attributes: .concurrent)

    /// Hashes `places` at once; `longest` more may wait.
    public init(cost: ScryptCost = .standard, places: Int = 2, longest: Int = 64) {
        self.cost = cost
        line = HashingLine(places: places, longest: longest)
    }

    func hash(_ password: [UInt8], salt: [UInt8]) async throws -> PasswordHash {
        let cost = cost
        return try await work { try PasswordHash(password: password, salt: salt, cost: cost) }
    }

    func matches(_ password: [UInt8], _ stored: PasswordHash) async throws -> Bool {
        try await work { try stored.matches(password) }
    }

    private func work<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await line.enter()
        defer { line.leave() }
        return try await withCheckedThrowingContinuation { done in
            queue.async { done.resume(with: Result { try body() }) }
        }
    }
}
