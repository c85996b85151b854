import CarrelCore

extension Hands {
    /// Freezes it with its memory kept. Requests are held from before it freezes.
    func pause(_ id: WorkspaceID, because: String, by actor: Actor) async throws -> Workspace {
        try await around.turns.turn(of: id) {
            guard let row = try await store.workspace(id) else {
                throw CarrelError(.notFound, "There is no such workspace.")
            }
            if row.phase == .paused { return row }
            guard row.isOpen else { throw CarrelError(.conflict, "The workspace is \(row.phase.rawValue).") }
            return try await pauseInTurn(row, because: because, verdict: .paused, by: actor)
        }
    }

    /// Puts it away because nobody uses it, unless somebody does after all.
    func pauseIdle(_ id: WorkspaceID, because: String) async throws {
        try await around.turns.turn(of: id) {
            guard let row = try await store.workspace(id), row.isOpen, row.phase == .ready,
                try await stillHolds(.idle(because: because), for: row)
            else { return }
            _ = try await pauseInTurn(row, because: because, verdict: .culled, by: .hub)
        }
    }

    private func pauseInTurn(
        _ row: Workspace,
        because: String,
        verdict: Decision.Verdict,
        by actor: Actor
    ) async throws -> Workspace {
        let pausing = try pausing(row)
        // Requests are held before anybody can read that it is paused: what is told is so.
        try await publishInTurn(row.applying(.paused, at: around.clock.now()))
        let paused: Workspace
        do { paused = try await apply(.paused, to: row.id, by: actor) } catch {
            try await publishInTurn(row)
            throw error
        }
        try await decide(verdict, row, because: because, inputs: ["then": "pause"])
        try await pausing.pause(row.id)
        return paused
    }

    func resume(_ id: WorkspaceID, because: String, by actor: Actor) async throws -> Workspace {
        try await around.turns.turn(of: id) {
            guard let row = try await store.workspace(id) else {
                throw CarrelError(.notFound, "There is no such workspace.")
            }
            if row.phase == .ready { return row }
            guard row.phase == .paused else { throw CarrelError(.conflict, "The workspace is \(row.phase.rawValue).") }
            let pausing = try pausing(row)
            // Should carrel end in between, the next one freezes it again: the store still says paused.
            try await pausing.resume(id)
            try await publishInTurn(row.applying(.resumed, at: around.clock.now()))
            let ready: Workspace
            do { ready = try await apply(.resumed, to: id, by: actor) } catch {
                try await publishInTurn(row)
                throw error
            }
            try await decide(.resumed, row, because: because)
            return ready
        }
    }

    /// Makes the engine agree with the store, after a crash between the two.
    func settlePause(_ id: WorkspaceID) async throws {
        try await around.turns.turn(of: id) {
            guard let row = try await store.workspace(id), let pausing = try? pausing(row) else { return }
            switch row.phase {
            case .paused: try await pausing.pause(id)
            case .ready, .starting: try await pausing.resume(id)
            default: break
            }
        }
    }

    private func pausing(_ row: Workspace) throws -> any InstancePausing {
        guard let pausing = try around.engines.prepared(row.engine).can.pause else {
            throw CarrelError(.unsupported, "Workspaces of this app can't be paused.")
        }
        return pausing
    }
}
