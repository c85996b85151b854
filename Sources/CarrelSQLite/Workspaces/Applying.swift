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
            if let entry = Self.entry(for: change, from: before, to: after, by: actor, at: now) {
                try Record.append(entry, db)
            }
            return after
        }
    }

    /// Ends, what leads to them, and homes are recorded; being started, ready, paused or traced is not.
    private static func entry(
        for change: WorkspaceChange,
        from before: Workspace,
        to after: Workspace,
        by actor: Actor,
        at now: Timestamp
    ) -> RecordEntry? {
        var entry = RecordEntry(at: now, kind: "", actor: actor, workspace: after.id, user: after.owner)
        entry.details = ["app": after.app.description]
        if after.phase == .ended {
            entry.kind = "workspace.ended"
            entry.details["reason"] = after.reason?.description
        } else if after.phase == .stopping {
            entry.kind = "workspace.stopping"
            entry.details["reason"] = after.reason?.description
        } else if after.handedOverAt != before.handedOverAt {
            entry.kind = "workspace.handed-over"
            entry.details["home"] = after.home
        } else if case .admitted = change {
            entry.kind = "workspace.admitted"
        } else {
            return nil
        }
        return entry
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
