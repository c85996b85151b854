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
        do { return try await pool.write(body) } catch { throw StoreFault.carrelError(from: error) }
    }

    /// One snapshot; never waits for a writer.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do { return try await pool.read(body) } catch { throw StoreFault.carrelError(from: error) }
    }
}
