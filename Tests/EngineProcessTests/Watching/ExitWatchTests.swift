import CarrelCore
import Foundation
import Testing

@testable import EngineProcess

@Suite("Watching for ends", .timeLimit(.minutes(1)))
struct ExitWatchTests {
    /// Runs until it is killed.
    private func sleeper() throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sleep")
        process.arguments = ["1000"]
        try process.run()
        return process
    }

    private func id(_ letter: Character) throws -> WorkspaceID {
        try #require(WorkspaceID("ws-" + String(repeating: letter, count: 16)))
    }

    private func end(_ process: Process) {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    @Test("Each end is told, and whose it was; nothing of those that are forgotten or go on")
    func ends() async throws {
        let watch = ExitWatch()
        var events = watch.events().makeAsyncIterator()
        let sleepers = try (0..<4).map { _ in try sleeper() }
        defer { for sleeper in sleepers { end(sleeper) } }
        let ids = try [id("a"), id("b"), id("c"), id("d")]
        for (id, sleeper) in zip(ids, sleepers) { watch.watch(id, pid: sleeper.processIdentifier) }
        watch.forget(ids[1])
        end(sleepers[1])
        end(sleepers[2])
        #expect(await events.next() == ids[2])
        end(sleepers[0])
        #expect(await events.next() == ids[0])
    }

    @Test("Watched again, it is the new process that counts")
    func again() async throws {
        let watch = ExitWatch()
        var events = watch.events().makeAsyncIterator()
        let (first, second, other) = (try sleeper(), try sleeper(), try sleeper())
        defer { for sleeper in [first, second, other] { end(sleeper) } }
        watch.watch(try id("a"), pid: first.processIdentifier)
        watch.watch(try id("a"), pid: second.processIdentifier)
        watch.watch(try id("b"), pid: other.processIdentifier)
        end(first)
        end(other)
        #expect(await events.next() == (try id("b")))
        end(second)
        #expect(await events.next() == (try id("a")))
    }

    @Test("One that has ended already is told at once")
    func late() async throws {
        let watch = ExitWatch()
        var events = watch.events().makeAsyncIterator()
        let gone = try sleeper()
        let pid = gone.processIdentifier
        end(gone)
        watch.watch(try id("a"), pid: pid)
        #expect(await events.next() == (try id("a")))
    }

    @Test("More ends at once than are told at a time are told all")
    func many() async throws {
        let watch = ExitWatch()
        var events = watch.events().makeAsyncIterator()
        let letters = Array("abcdefghijklmnopqrstuvwxyz234567")
        var expected: Set<WorkspaceID> = []
        let one = try sleeper()
        for number in 0..<200 {
            let text = "ws-" + String(repeating: "a", count: 14) + [letters[number / 32], letters[number % 32]]
            let id = try #require(WorkspaceID(text))
            expected.insert(id)
            watch.watch(id, pid: one.processIdentifier)
        }
        end(one)
        while !expected.isEmpty { expected.remove(try #require(await events.next())) }
    }
}
