public import CarrelCore
import GRDB

extension SQLiteStore {
    public func apply(_ change: WorkspaceChange, to id: WorkspaceID, by actor: Actor, at now: Timestamp) async throws
        -> Workspace
    {
        try await write { db in
            guard let row = try WorkspaceRow.find(id, db) else {
                throw CarrelError(.notFound, "There is no such workspace.", detail: "\(id)")
            }
            let before = row.workspace
            let after: Workspace
            do { after = try before.applying(change, at: now) } catch let refused as ChangeRefused {
                throw CarrelError(
                    .conflict,
                    "The workspace is \(refused.phase.rawValue): that can't be done now.",
                    detail: refused.description
                )
            }
            guard after != before else { return after }
            try row.update(to: after, db)
            if let entry = RecordEntry.of(change, from: before, to: after, by: actor, at: now) {
                try Record.append(entry, db)
            }
            return after
        }
    }

    public func recordActivity(_ moments: [WorkspaceID: Timestamp]) async throws {
        guard !moments.isEmpty else { return }
        try await write { db in
            let update = try db.cachedStatement(
                sql: """
                    UPDATE workspaces SET last_active = ?1
                    WHERE id = ?2 AND phase <> 'ended' AND (last_active IS NULL OR last_active < ?1)
                    """
            )
            for (id, moment) in moments {
                try update.execute(arguments: [moment.milliseconds, id.description])
            }
        }
    }
}
