public import CarrelCore
import GRDB
import Synchronization

/// The embedded store: one SQLite file in WAL mode. Several processes of one machine may open it at once.
///
/// Every commit is synced to the disk (`synchronous=FULL`): who owns what must survive a power cut, and with
/// `NORMAL` the last commits before it would be lost. Reads run beside the one writer, each on one snapshot.
public final class SQLiteStore: Store {
    let pool: DatabasePool
    let clock: any WallClock
    private let newUserID: @Sendable () -> UserID
    /// Ended rows that a list met and could not read; living ones are looked for whenever somebody asks.
    let foundUnreadable = Mutex<Set<String>>([])
    /// While another process is the one that writes.
    private let isSuspended = Mutex(false)
    /// Living rows as they were decoded last, so that listing thousands again decodes only what changed.
    let decoded = Mutex(DecodedRows())

    init(pool: DatabasePool, clock: any WallClock, newUserID: @escaping @Sendable () -> UserID) {
        self.pool = pool
        self.clock = clock
        self.newUserID = newUserID
    }

    func makeUserID() -> UserID { newUserID() }

    /// Waits for what is under way. Every later call throws `storeFailed`.
    public func close() async throws {
        do { try pool.close() } catch { throw StoreFault.carrelError(from: error) }
    }

    /// One transaction that holds the file's write lock from its beginning; rolled back if `body` throws.
    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.write { [self] db in
                try refuseIfSuspended()
                return try body(db)
            }
        } catch { throw StoreFault.carrelError(from: error) }
    }

    /// One snapshot; never waits for a writer.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do { return try await pool.read(body) } catch { throw StoreFault.carrelError(from: error) }
    }

    /// From when it returns, this process writes nothing more to the file, and what it had begun to write is there:
    /// every write throws `storeFailed` until `resume`. Returns the schema's number.
    public func suspend() async throws -> Int {
        isSuspended.withLock { $0 = true }
        return try await schema()
    }

    /// Writes again. Throws `storeNewer`, and goes on writing nothing, if another process has brought the file to a
    /// schema that this version doesn't know.
    public func resume() async throws {
        try Migration.refuseNewer(try await schema())
        isSuspended.withLock { $0 = false }
    }

    /// Asked of the one writer, so that everything before it is done.
    private func schema() async throws -> Int {
        do {
            return try await pool.writeWithoutTransaction { db in
                try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
            }
        } catch { throw StoreFault.carrelError(from: error) }
    }

    private func refuseIfSuspended() throws {
        guard !isSuspended.withLock({ $0 }) else {
            throw CarrelError(.storeFailed, "Another carrel is taking over: nothing was changed.")
        }
    }
}
