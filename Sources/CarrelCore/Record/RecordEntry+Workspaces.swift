extension RecordEntry {
    /// What the record keeps of a workspace's change: its end, what leads to it, its home and its way out of the queue.
    /// Nil for being started, ready, paused or traced, which it does not keep.
    public static func of(
        _ change: WorkspaceChange,
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
}

extension Actor {
    /// Command line and hub write a chain each.
    public var chain: String { self == .commandLine ? "command-line" : "hub" }
}
