import CarrelCore
import GRDB

/// One row of `workspaces`: the whole workspace, and what it is found by.
struct WorkspaceRow {
    /// The order in which rows were made.
    let number: Int64
    /// As it was read: later activity than the body's is counted in.
    let workspace: Workspace

    /// What every query selects, in the order that `init` reads.
    static let columns = "number, id, revision, last_active, body"

    /// Throws `storeDamaged` when the body can't be read.
    init(_ row: Row) throws {
        let body: String = row[4]
        do {
            let workspace = try JSONText.decode(Workspace.self, from: body)
            self.init(number: row[0], workspace: workspace, lastActive: row[3])
        } catch {
            let id: String = row[1]
            throw CarrelError(
                .storeDamaged,
                "The record of this workspace can't be read. Ask an operator.",
                detail: "workspace \(id)",
                cause: error
            )
        }
    }

    init(number: Int64, workspace: Workspace, lastActive: Int64?) {
        self.number = number
        self.workspace = lastActive.map { workspace.active(at: Timestamp(milliseconds: $0)) } ?? workspace
    }

    static func find(_ id: WorkspaceID, _ db: Database) throws -> WorkspaceRow? {
        let select = try db.cachedStatement(sql: "SELECT \(columns) FROM workspaces WHERE id = ?")
        return try Row.fetchOne(select, arguments: [id.description]).map(WorkspaceRow.init)
    }

    static func insert(_ workspace: Workspace, _ db: Database) throws {
        let insert = try db.cachedStatement(
            sql: """
                INSERT INTO workspaces (id, app, owner, name, phase, definition, created_at, ended_at, last_active, body)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        try insert.execute(arguments: [
            workspace.id.description, workspace.app.description, workspace.owner?.description,
            workspace.name.description, workspace.phase.rawValue, workspace.definition,
            workspace.createdAt.milliseconds, workspace.endedAt?.milliseconds,
            workspace.lastActiveAt?.milliseconds, try JSONText.encode(workspace),
        ])
    }

    /// Writes what became of the row's workspace.
    func update(to next: Workspace, _ db: Database) throws {
        let update = try db.cachedStatement(
            sql: """
                UPDATE workspaces SET owner = ?, name = ?, phase = ?, definition = ?, ended_at = ?, last_active = ?,
                    body = ?, revision = revision + 1 WHERE number = ?
                """
        )
        try update.execute(arguments: [
            next.owner?.description, next.name.description, next.phase.rawValue, next.definition,
            next.endedAt?.milliseconds, next.lastActiveAt?.milliseconds, try JSONText.encode(next), number,
        ])
    }
}
