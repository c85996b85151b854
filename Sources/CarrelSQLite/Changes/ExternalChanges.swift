import CarrelCore
import GRDB

extension SQLiteStore {
    /// Looks four times a second, only while somebody listens. The writer's own connection is asked: its
    /// `data_version` changes when another process commits, not when this one does, so nobody is woken by what
    /// they did themselves. Yields once at the beginning: what is read after that is missing nothing. Ends when
    /// the store is closed.
    public func externalChanges() -> AsyncStream<Void> {
        let (changes, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        // Unstructured: it lives as long as the stream, which nobody awaits as a task.
        let looking = Task { [pool, clock] in
            defer { continuation.finish() }
            var seen: Int64?
            while !Task.isCancelled {
                do {
                    let version = try await pool.writeWithoutTransaction { db in
                        try Int64.fetchOne(db.cachedStatement(sql: "PRAGMA data_version"))
                    }
                    if seen == nil || seen != version { continuation.yield() }
                    seen = version
                } catch DatabaseError.SQLITE_MISUSE {
                    return  // closed
                } catch {
                    // Another process is mending the file after a crash: the next look will tell.
                }
                guard (try? await clock.sleep(until: clock.now() + .milliseconds(250))) != nil else { return }
            }
        }
        continuation.onTermination = { _ in looking.cancel() }
        return changes
    }
}
