public import CarrelCore
import GRDB

extension SQLiteStore {
    /// Of `kept` only the latest fifty of a workspace stay: sentences that count minutes would fill the disk.
    static let keptDecisions = 50

    public func addDecision(_ decision: Decision) async throws {
        try await write { db in
            let same = try Int64.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT number FROM decisions
                        WHERE workspace IS ?1 AND verdict = ?2 AND because = ?3 AND app = ?4 AND user IS ?5
                        ORDER BY at DESC, number DESC LIMIT 1
                        """
                ),
                arguments: [
                    decision.workspace?.description, decision.verdict.rawValue, decision.because,
                    decision.app.description, decision.user?.description,
                ]
            )
            let body = try JSONText.encode(decision)
            if let same {
                try db.cachedStatement(sql: "UPDATE decisions SET at = ?, body = ? WHERE number = ?")
                    .execute(arguments: [decision.at.milliseconds, body, same])
                return
            }
            try db.cachedStatement(
                sql: """
                    INSERT INTO decisions (at, workspace, app, user, verdict, because, body) VALUES (?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                decision.at.milliseconds, decision.workspace?.description, decision.app.description,
                decision.user?.description, decision.verdict.rawValue, decision.because, body,
            ])
            guard decision.verdict == .kept, let workspace = decision.workspace else { return }
            try db.cachedStatement(
                sql: """
                    DELETE FROM decisions WHERE number IN (
                        SELECT number FROM decisions WHERE workspace = ? AND verdict = 'kept'
                        ORDER BY at DESC, number DESC LIMIT -1 OFFSET \(Self.keptDecisions))
                    """
            ).execute(arguments: [workspace.description])
        }
    }

    public func decisions(workspace: WorkspaceID, limit: Int) async throws -> [Decision] {
        try await decisions(whose: "workspace", is: workspace.description, limit: limit)
    }

    public func decisions(user: UserID, limit: Int) async throws -> [Decision] {
        try await decisions(whose: "user", is: user.description, limit: limit)
    }

    private func decisions(whose column: String, is value: String, limit: Int) async throws -> [Decision] {
        try await read { db in
            try String.fetchAll(
                db.cachedStatement(
                    sql: "SELECT body FROM decisions WHERE \(column) = ? ORDER BY at DESC, number DESC LIMIT ?"
                ),
                arguments: [value, max(0, limit)]
            ).compactMap { try? JSONText.decode(Decision.self, from: $0) }
        }
    }
}
