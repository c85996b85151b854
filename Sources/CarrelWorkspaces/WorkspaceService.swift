public import CarrelCore

/// Everything that pages, API and command line do with workspaces.
public protocol WorkspaceService: Sendable {
    func app(_ id: AppID) async -> App?
    /// Those that the member may open, in the configured order. Operators may open every app.
    func apps(for user: User, isOperator: Bool) async -> [App]

    /// The member's own workspace of this app and name, else a spare, handed over, else a new one or a place in the
    /// queue. Returns `ready` with the home attached and the route published, or `starting`, or `queued`.
    /// Throws `notFound` for an unknown app and for one that the member may not open, `limitReached`,
    /// `homeFull`.
    func claim(_ app: AppID, name: WorkspaceName, for user: User, isOperator: Bool, by: Actor) async throws -> Workspace

    /// Somebody has signed in and will ask for a workspace soon: what takes time is done ahead. Returns at once.
    func expect(_ user: User)

    func workspace(_ id: WorkspaceID) async throws -> Workspace?
    func workspaces(of user: UserID) async throws -> [Workspace]
    /// Everybody's living ones.
    func living() async throws -> [Workspace]
    func queuePosition(_ id: WorkspaceID) async throws -> Int?

    /// Begins to stop it; returns it in phase `stopping` or `ended`. `notFound` if there is none.
    func stop(_ id: WorkspaceID, reason: EndReason, by: Actor) async throws -> Workspace
    /// `unsupported` where the engine can't.
    func pause(_ id: WorkspaceID, by: Actor) async throws -> Workspace
    func resume(_ id: WorkspaceID, by: Actor) async throws -> Workspace

    /// Also of an ended one: what was kept.
    func logs(_ id: WorkspaceID, lines: Int) async throws -> String
    func followLogs(_ id: WorkspaceID) async throws -> AsyncThrowingStream<String, any Error>
    /// The present state at once, then each change; ends after `ended`. Slow readers lose intermediate states only.
    func events(_ id: WorkspaceID) async throws -> AsyncStream<WorkspaceEvent>

    func pools() async throws -> [PoolStatus]
    /// Newest first.
    func explain(_ id: WorkspaceID) async throws -> [Decision]
    func explain(user: UserID) async throws -> [Decision]
    func engines() async -> [EngineStatus]
    func traffic() async -> [WorkspaceID: Traffic]

    /// Everybody's that was ever used, with what was found in it last.
    func homes() async throws -> [HomeReport]
    func homes(of user: UserID) async throws -> [HomeReport]

    /// Runs an operator's command inside a workspace, hands it to `use`, which returns its exit code (nil: it still runs), and
    /// ends it then. Recorded when it begins and when it is over, with `from`: who asked, as far as it is known. Throws
    /// `notFound`, `conflict` where the workspace does not run, `unsupported`, and what `use` throws.
    func runShell(
        _ order: ShellOrder,
        in id: WorkspaceID,
        by: Actor,
        from: [String: String],
        _ use: @escaping @Sendable (any Shell) async throws -> Int32?
    ) async throws -> Int32?
    /// Records that somebody was not let in.
    func refuseShell(_ order: ShellOrder?, in id: WorkspaceID?, by: Actor, from: [String: String], because: String)
        async throws
}
