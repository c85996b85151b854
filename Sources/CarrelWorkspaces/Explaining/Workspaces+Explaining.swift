public import CarrelCore

extension Workspaces {
    public func explain(_ id: WorkspaceID) async throws -> [Decision] {
        let row = try await existing(id)
        let recorded = try await around.store.decisions(workspace: id, limit: 100)
        guard let now = await standing(row) else { return recorded }
        return [now] + recorded.filter { $0.verdict != now.verdict || $0.because != now.because }
    }

    public func explain(user: UserID) async throws -> [Decision] {
        try await around.store.decisions(user: user, limit: 200)
    }

    /// Why it lives, as of the last pass: with fresher numbers than what was recorded.
    private func standing(_ row: Workspace) async -> Decision? {
        guard row.isOpen else { return nil }
        for loop in loops where loop.engine.name == row.engine {
            guard case .keep(let because, _, _)? = await loop.verdict(row.id) else { continue }
            return Decision(
                at: around.clock.now(),
                workspace: row.id,
                app: row.app,
                user: row.owner,
                verdict: .kept,
                because: because
            )
        }
        return nil
    }
}
