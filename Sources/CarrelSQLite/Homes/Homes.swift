public import CarrelCore
import GRDB

extension SQLiteStore {
    public func homes() async throws -> [HomeRecord] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT \(HomeRow.columns) FROM homes ORDER BY engine, location")
                .compactMap { HomeRow.record($0) }
        }
    }

    public func home(_ key: HomeKey) async throws -> HomeRecord? {
        try await read { db in try HomeRow.find(key, db) }
    }

    public func ensureHome(
        _ key: HomeKey,
        home: String,
        owner: UserID,
        projects: ClosedRange<UInt32>?
    ) async throws -> HomeRecord {
        try await write { db in
            try db.cachedStatement(
                sql: "INSERT INTO homes (engine, location, home, owner) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
            ).execute(arguments: [key.engine.description, key.location, home, owner.description])
            if let projects {
                // Rows stay, so the greatest was given last; nobody gets one that somebody's files may carry.
                try db.cachedStatement(
                    sql: """
                        UPDATE homes SET project = (
                            SELECT max(coalesce(max(project) + 1, ?1), ?1) FROM homes WHERE project BETWEEN ?1 AND ?2)
                        WHERE engine = ?3 AND location = ?4 AND project IS NULL AND (
                            SELECT coalesce(max(project), 0) FROM homes WHERE project BETWEEN ?1 AND ?2) < ?2
                        """
                ).execute(arguments: [
                    Int64(projects.lowerBound), Int64(projects.upperBound), key.engine.description, key.location,
                ])
            }
            guard let record = try HomeRow.find(key, db) else {
                throw CarrelError(.storeDamaged, "The home can't be read from the store.", detail: key.location)
            }
            return record
        }
    }

    public func recordMeasurement(_ found: HomeMeasurement, of key: HomeKey, at now: Timestamp) async throws {
        try await write { db in
            try db.cachedStatement(
                sql: """
                    UPDATE homes SET used = ?, measured_at = ?, is_enforced = ?, trouble = ?,
                        whole_at = coalesce(?, whole_at)
                    WHERE engine = ? AND location = ?
                    """
            ).execute(arguments: [
                found.used, now.milliseconds, found.isEnforced, found.trouble, found.isWhole ? now.milliseconds : nil,
                key.engine.description, key.location,
            ])
            guard db.changesCount == 1 else { throw CarrelError(.notFound, "There is no such home.") }
        }
    }

    public func leaveHome(_ key: HomeKey, at now: Timestamp) async throws {
        try await write { db in
            try db.cachedStatement(
                sql: "UPDATE homes SET left_at = max(?, coalesce(left_at, 0)) WHERE engine = ? AND location = ?"
            ).execute(arguments: [now.milliseconds, key.engine.description, key.location])
        }
    }
}

/// Homes as rows of `homes`.
enum HomeRow {
    static let columns =
        "engine, location, home, owner, project, used, measured_at, is_enforced, trouble, whole_at, left_at"

    static func find(_ key: HomeKey, _ db: Database) throws -> HomeRecord? {
        let select = try db.cachedStatement(sql: "SELECT \(columns) FROM homes WHERE engine = ? AND location = ?")
        return try Row.fetchOne(select, arguments: [key.engine.description, key.location]).flatMap { record($0) }
    }

    /// Nil for a row whose ids can't be read.
    static func record(_ row: Row) -> HomeRecord? {
        guard let engine = EngineName(row[0] as String), let owner = UserID(row[3] as String) else { return nil }
        return HomeRecord(
            key: HomeKey(engine: engine, location: row[1]),
            home: row[2],
            owner: owner,
            project: row[4],
            used: row[5],
            measuredAt: moment(row[6]),
            isEnforced: row[7],
            trouble: row[8],
            wholeAt: moment(row[9]),
            leftAt: moment(row[10])
        )
    }

    private static func moment(_ milliseconds: Int64?) -> Timestamp? {
        milliseconds.map { Timestamp(milliseconds: $0) }
    }
}
