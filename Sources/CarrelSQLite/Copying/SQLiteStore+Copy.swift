import CarrelCore
import GRDB

extension SQLiteStore {
    /// Copies the database as it is at one moment to a new file of mode 0600, by SQLite's backup API
    /// (https://www.sqlite.org/backup.html), while others write, and reads the copy through.
    /// - Returns: The copy's schema, by its number.
    /// - Throws: `conflict` if there is such a file, `storeDamaged`, `storeNewer`, `storeFailed`; then no copy is left.
    public static func copy(from path: String, to copy: String) throws -> Int {
        do {
            try StoreFile.check(path)
            guard try StoreFile.createIfMissing(copy) else {
                throw CarrelError(.conflict, "There is a file already where the database's copy goes.", detail: copy)
            }
            do {
                var reading = configuration()
                reading.readonly = true
                let source = try DatabaseQueue(path: path, configuration: reading)
                let target = try DatabaseQueue(path: copy, configuration: configuration())
                try source.backup(to: target)
                try source.close()
                let schema = try target.inDatabase { db in
                    // A file by itself, without a log beside it.
                    try db.execute(sql: "PRAGMA journal_mode = DELETE")
                    let verdict = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)") ?? "ok"
                    guard verdict == "ok" else { throw StoreFile.damaged(verdict) }
                    return try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
                }
                try target.close()
                return schema
            } catch {
                StoreFile.remove(copy)
                throw error
            }
        } catch { throw StoreFault.carrelError(from: error) }
    }
}
