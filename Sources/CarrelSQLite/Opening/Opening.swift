public import CarrelCore
import GRDB

extension SQLiteStore {
    /// Opens the store at `path`, or makes a new one there (mode 0600, also its `-wal` and `-shm`).
    ///
    /// Before anything is written, the file is checked: that it is a whole SQLite file, is Carrel's, has a schema that this
    /// version knows, and, up to 64 MiB, that its structure is sound. A larger file is not read through at every
    /// start: what is wrong in it shows as `storeDamaged` when it is met.
    /// - Parameters:
    ///   - path: The directory must exist.
    ///   - clock: Paces the looking for other processes' changes.
    ///   - newUserID: Where members' ids come from; random ones unless told otherwise.
    /// - Returns: The store, with the schema of this version.
    /// - Throws: `storeDamaged` (the file stays as it is), `storeNewer`, or `storeFailed`.
    public static func open(
        path: String,
        clock: any WallClock = SystemClock(),
        newUserID: @escaping @Sendable () -> UserID = SQLiteStore.randomUserID
    ) throws -> SQLiteStore {
        do {
            let pool = try OpeningTurn.take(for: path) {
                if try !StoreFile.createIfMissing(path) { try StoreFile.check(path) }
                let pool = try DatabasePool(path: path, configuration: configuration())
                // The pool's own set-up chose NORMAL for its writer.
                try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
                try pool.write { db in try Migration.runAll(on: db) }
                return pool
            }
            return SQLiteStore(pool: pool, clock: clock, newUserID: newUserID)
        } catch {
            throw StoreFault.carrelError(from: error)
        }
    }

    /// What `open` would refuse the file for, without opening it for writing.
    /// - Throws: `storeDamaged`, `storeNewer`, or `storeFailed`.
    public static func check(path: String) throws {
        do { try StoreFile.check(path) } catch { throw StoreFault.carrelError(from: error) }
    }

    /// `u-` and 80 bits from the system's secure source.
    public static func randomUserID() -> UserID {
        var random = SystemRandomNumberGenerator()
        return UserID(from: &random)
    }

    static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.label = "carrel"
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(10)
        configuration.maximumReaderCount = 3
        // KiB, of each connection: the tables that are read again and again fit, and what is read once leaves nothing.
        configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA cache_size = -512") }
        return configuration
    }
}
