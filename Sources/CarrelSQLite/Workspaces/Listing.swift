public import CarrelCore
import GRDB
import Synchronization

extension SQLiteStore {
    public func workspace(_ id: WorkspaceID) async throws -> Workspace? {
        try await read { db in try WorkspaceRow.find(id, db)?.workspace }
    }

    public func workspaces(of user: UserID, endedLimit: Int) async throws -> [Workspace] {
        let (found, unreadable) = try await read { db in
            let living = try Row.fetchAll(
                db.cachedStatement(
                    sql: "SELECT \(WorkspaceRow.columns) FROM workspaces WHERE owner = ? AND phase <> 'ended'"
                ),
                arguments: [user.description]
            )
            let ended = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT \(WorkspaceRow.columns) FROM workspaces WHERE owner = ? AND phase = 'ended'
                        ORDER BY ended_at DESC, number DESC LIMIT ?
                        """
                ),
                arguments: [user.description, max(0, endedLimit)]
            )
            return Self.readable(living + ended)
        }
        foundUnreadable.withLock { $0.formUnion(unreadable) }
        return found.sorted { ($0.workspace.createdAt, $0.number) > ($1.workspace.createdAt, $1.number) }
            .map(\.workspace)
    }

    public func ended(limit: Int) async throws -> [Workspace] {
        let (found, unreadable) = try await read { db in
            Self.readable(
                try Row.fetchAll(
                    db.cachedStatement(
                        sql: """
                            SELECT \(WorkspaceRow.columns) FROM workspaces WHERE phase = 'ended'
                            ORDER BY ended_at DESC, number DESC LIMIT ?
                            """
                    ),
                    arguments: [max(0, limit)]
                )
            )
        }
        foundUnreadable.withLock { $0.formUnion(unreadable) }
        return found.map(\.workspace)
    }

    /// Reads row by row: a long period may have more than fit into memory.
    public func usage(from: Timestamp, to: Timestamp) async throws -> [Usage] {
        try await read { db in
            var sum = UsageSum(from: from, to: to)
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT \(WorkspaceRow.columns) FROM workspaces
                    WHERE owner IS NOT NULL AND created_at < ? AND (ended_at IS NULL OR ended_at > ?)
                    """,
                arguments: [to.milliseconds, from.milliseconds]
            )
            while let row = try rows.next() {
                if let readable = try? WorkspaceRow(row) { sum.add(readable.workspace) }
            }
            return sum.usages
        }
    }

    public func queuePosition(_ id: WorkspaceID) async throws -> Int? {
        try await read { db in
            let count = try db.cachedStatement(
                sql: """
                    SELECT count(*) FROM workspaces AS other JOIN workspaces AS own ON own.app = other.app
                    WHERE own.id = ? AND own.phase = 'queued' AND other.phase = 'queued'
                        AND (other.created_at, other.number) <= (own.created_at, own.number)
                    """
            )
            let position = try Int.fetchOne(count, arguments: [id.description]) ?? 0
            return position == 0 ? nil : position
        }
    }

    private static func readable(_ rows: [Row]) -> (found: [WorkspaceRow], unreadable: [String]) {
        var found: [WorkspaceRow] = []
        var unreadable: [String] = []
        for row in rows {
            if let readable = try? WorkspaceRow(row) { found.append(readable) } else { unreadable.append(row[1]) }
        }
        return (found, unreadable)
    }
}
