import CarrelCore
import CarrelTesting
import GRDB
import Testing

@testable import CarrelSQLite

@Suite("Changes by other processes")
struct ExternalChangesTests {
    @Test("Only another process's commit is told, not one's own; looked for every 250 ms while somebody listens")
    func onlyOthers() async throws {
        try await withStorePath { path in
            let clock = VirtualClock()
            let own = try SQLiteStore.open(path: path, clock: clock)
            let other = try SQLiteStore.open(path: path)
            var listener = own.externalChanges().makeAsyncIterator()
            await listener.next()
            _ = try await member("other", other)
            await clock.look()
            await listener.next()
            _ = try await member("own", own)
            await clock.look()
            try await own.close()
            await clock.sleeper()
            clock.advance(by: .milliseconds(250))
            // Nothing is left to tell before the end that closing brought.
            #expect(await listener.next() == nil)
            try await other.close()
        }
    }

    @Test("Nobody looks any more once nobody listens")
    func stops() async throws {
        try await withStorePath { path in
            let clock = VirtualClock()
            let store = try SQLiteStore.open(path: path, clock: clock)
            let listening = Task { for await _ in store.externalChanges() {} }
            await clock.sleeper()
            listening.cancel()
            await listening.value
            while clock.nextDeadline != nil { await Task.yield() }
            try await store.close()
        }
    }
}

extension VirtualClock {
    /// Waits until somebody sleeps.
    fileprivate func sleeper() async {
        while nextDeadline == nil { await Task.yield() }
    }

    /// One look: wakes the sleeper, and waits until it sleeps again.
    fileprivate func look() async {
        await sleeper()
        advance(by: .milliseconds(250))
        await sleeper()
    }
}
