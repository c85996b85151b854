import CarrelCore

/// What is done to one workspace. Each operation takes the workspace's turn, reads it anew, writes what it is about
/// to do to the store, and then does it: so a plan made from an older picture does no harm, and a crash at any point
/// leaves something that the next pass goes on with.
struct Hands: Sendable {
    let around: Surroundings

    var store: any Store { around.store }

    /// The store's word about a change, told to those who watch.
    @discardableResult
    func apply(_ change: WorkspaceChange, to workspace: WorkspaceID, by actor: Actor = .hub) async throws -> Workspace {
        let next = try await store.apply(change, to: workspace, by: actor, at: around.clock.now())
        around.progress.announce(next)
        return next
    }

    func owner(of workspace: Workspace) async throws -> User? {
        guard let id = workspace.owner else { return nil }
        guard let user = try await store.user(id) else {
            throw CarrelError(
                .storeDamaged,
                "The owner of this workspace is not known.",
                detail: "\(workspace.id) \(id)"
            )
        }
        return user
    }

    func decide(
        _ verdict: Decision.Verdict,
        _ workspace: Workspace,
        because: String,
        inputs: [String: String] = [:]
    ) async throws {
        try await store.addDecision(
            Decision(
                at: around.clock.now(),
                workspace: workspace.id,
                app: workspace.app,
                user: workspace.owner,
                verdict: verdict,
                because: because,
                inputs: inputs
            )
        )
    }
}
