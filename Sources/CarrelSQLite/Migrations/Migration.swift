import CarrelCore
import GRDB

/// One step of the schema. Steps are never changed after a release: a later one mends an earlier one.
struct Migration {
    /// From 1, without gaps; the file's `user_version` once it was applied.
    let version: Int
    /// The tables that it adds.
    let tables: Set<String>
    let apply: @Sendable (Database) throws -> Void

    static let all: [Migration] = [first, homes, providerGrants]

    static var latest: Int { all.last?.version ?? 0 }

    static func tables(of version: Int) -> Set<String> {
        all.filter { $0.version <= version }.reduce(into: []) { $0.formUnion($1.tables) }
    }

    static func refuseNewer(_ version: Int) throws {
        guard version > latest else { return }
        throw CarrelError(
            .storeNewer,
            "Carrel's database was written by a newer version: its schema is number \(version), and this version of "
                + "Carrel knows up to number \(latest). Nothing was changed: start the newer version again."
        )
    }

    /// Inside one transaction that holds the write lock, so that of two processes starting at once one waits.
    static func runAll(on db: Database) throws {
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        try refuseNewer(version)
        guard version < latest else { return }
        for migration in all where migration.version > version { try migration.apply(db) }
        try db.execute(sql: "PRAGMA application_id = \(StoreFile.applicationID)")
        try db.execute(sql: "PRAGMA user_version = \(latest)")
    }
}
