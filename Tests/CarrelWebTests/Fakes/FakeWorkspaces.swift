import CarrelCore
import CarrelIdentity
import CarrelWorkspaces
import Synchronization
import Testing

/// Workspaces in memory. A claim makes one in the phase that `nextPhase` says.
final class FakeWorkspaces: WorkspaceService {
    struct State {
        var apps: [App] = []
        var all: [Workspace] = []
        var claims = 0
        var nextPhase = Phase.ready
        var failure: (any Error)?
        var events: [WorkspaceEvent] = []
        var homes: [HomeReport] = []
        /// Of commands: who was not let in, and why.
        var refusals: [String] = []
        /// Happens as soon as somebody follows a log.
        var whenFollowed: (@Sendable () -> Void)?
    }

    let state = Mutex(State())
    let clock: any WallClock

    init(clock: any WallClock, apps: [App]) {
        self.clock = clock
        state.withLock { $0.apps = apps }
    }

    var claims: Int { state.withLock { $0.claims } }
    func claimNext(as phase: Phase) { state.withLock { $0.nextPhase = phase } }
    func fail(with error: any Error) { state.withLock { $0.failure = error } }

    func expect(_ user: User) {}

    /// A workspace of `owner` in `phase`, added to the others.
    @discardableResult
    func add(
        _ app: String,
        owner: UserID?,
        name: String = "default",
        phase: Phase = .ready,
        reason: EndReason = .idle
    ) throws -> Workspace {
        var random = SystemRandomNumberGenerator()
        let now = clock.now()
        var workspace = Workspace(
            id: WorkspaceID(from: &random),
            app: try #require(AppID(app)),
            engine: try #require(EngineName("here")),
            definition: "d",
            token: "t",
            owner: owner,
            name: try #require(WorkspaceName(name)),
            phase: phase == .queued ? .queued : .starting,
            createdAt: now
        )
        if phase != .queued && phase != .starting {
            workspace = try workspace.applying(.ready(.tcp(host: "127.0.0.1", port: 9), extra: [:]), at: now)
            if owner != nil {
                let trace = ClaimTrace(source: .spare, queue: 0, commit: 0.25, attach: 1.5, route: 0.125)
                workspace = try workspace.applying(.handedOver(home: nil, trace), at: now)
            }
        }
        switch phase {
        case .paused: workspace = try workspace.applying(.paused, at: now)
        case .stopping: workspace = try workspace.applying(.stopping(reason), at: now)
        case .ended: workspace = try workspace.applying(.ended(reason, log: "last words"), at: now)
        default: break
        }
        state.withLock { $0.all.append(workspace) }
        return workspace
    }

    private func change(_ id: WorkspaceID, _ change: WorkspaceChange) throws -> Workspace {
        let now = clock.now()
        return try state.withLock { state in
            guard let index = state.all.firstIndex(where: { $0.id == id }) else {
                throw CarrelError(.notFound, "There is no such workspace.")
            }
            state.all[index] = try state.all[index].applying(change, at: now)
            return state.all[index]
        }
    }

    func app(_ id: AppID) async -> App? { state.withLock { state in state.apps.first { $0.id == id } } }

    func apps(for user: User, isOperator: Bool) async -> [App] {
        state.withLock { state in state.apps.filter { isOperator || $0.admits(user) } }
    }

    func claim(_ app: AppID, name: WorkspaceName, for user: User, isOperator: Bool, by: Actor) async throws
        -> Workspace
    {
        if let failure = state.withLock({ $0.failure }) { throw failure }
        guard await apps(for: user, isOperator: isOperator).contains(where: { $0.id == app }) else {
            throw CarrelError(.notFound, "There is no such app, or it is not open to you.")
        }
        let phase = state.withLock { state in
            state.claims += 1
            return state.nextPhase
        }
        let mine = state.withLock { state in
            state.all.first { $0.owner == user.id && $0.app == app && $0.name == name && $0.phase.isLiving }
        }
        if let mine { return mine }
        return try add(app.description, owner: user.id, name: name.description, phase: phase)
    }

    func workspace(_ id: WorkspaceID) async throws -> Workspace? {
        state.withLock { state in state.all.first { $0.id == id } }
    }

    func workspaces(of user: UserID) async throws -> [Workspace] {
        state.withLock { state in state.all.filter { $0.owner == user } }
    }

    func living() async throws -> [Workspace] { state.withLock { state in state.all.filter(\.phase.isLiving) } }
    func queuePosition(_ id: WorkspaceID) async throws -> Int? {
        state.withLock { state in state.all.filter { $0.phase == .queued }.firstIndex { $0.id == id }.map { $0 + 1 } }
    }

    func stop(_ id: WorkspaceID, reason: EndReason, by: Actor) async throws -> Workspace {
        try change(id, .stopping(reason))
    }

    func pause(_ id: WorkspaceID, by: Actor) async throws -> Workspace { try change(id, .paused) }
    func resume(_ id: WorkspaceID, by: Actor) async throws -> Workspace { try change(id, .resumed) }
    func logs(_ id: WorkspaceID, lines: Int) async throws -> String { "line one\nline <two>" }

    func followLogs(_ id: WorkspaceID) async throws -> AsyncThrowingStream<String, any Error> {
        state.withLock { $0.whenFollowed }?()
        return AsyncThrowingStream { stream in
            stream.yield("line three")
            stream.finish()
        }
    }

    func events(_ id: WorkspaceID) async throws -> AsyncStream<WorkspaceEvent> {
        let events = state.withLock { $0.events }
        return AsyncStream { stream in
            for event in events { stream.yield(event) }
            stream.finish()
        }
    }

    func pools() async throws -> [PoolStatus] {
        state.withLock { state in
            state.apps.map {
                PoolStatus(
                    app: $0.id,
                    wanted: 2,
                    ready: 1,
                    starting: 1,
                    claimed: 3,
                    queued: 0,
                    max: nil,
                    failing: $0.id.description == "shiny" ? "exits at once; next try in 40 s" : nil
                )
            }
        }
    }

    func explain(_ id: WorkspaceID) async throws -> [Decision] {
        try decision("kernel of train.ipynb busy for 2 h", id)
    }
    func explain(user: UserID) async throws -> [Decision] { try decision("has as many as allowed", nil) }

    private func decision(_ because: String, _ id: WorkspaceID?) throws -> [Decision] {
        let app = try #require(AppID("jupyter"))
        return [Decision(at: clock.now(), workspace: id, app: app, user: nil, verdict: .kept, because: because)]
    }

    func engines() async -> [EngineStatus] {
        guard let name = EngineName("here") else { return [] }
        return [
            EngineStatus(
                name: name,
                kind: "process",
                capabilities: ["pause", "logs"],
                findings: [EngineFinding(.warning, "No cgroup may be made here: limits are weaker.")],
                instances: 3
            )
        ]
    }

    func traffic() async -> [WorkspaceID: Traffic] { [:] }

    func homes() async throws -> [HomeReport] { state.withLock { $0.homes } }
    func homes(of user: UserID) async throws -> [HomeReport] { try await homes().filter { $0.owner == user } }

    func runShell(
        _ order: ShellOrder,
        in id: WorkspaceID,
        by actor: Actor,
        from: [String: String],
        _ use: @escaping @Sendable (any Shell) async throws -> Int32?
    ) async throws -> Int32? {
        throw CarrelError(.internal, "No test runs a command here.")
    }

    func refuseShell(
        _ order: ShellOrder?,
        in id: WorkspaceID?,
        by actor: Actor,
        from: [String: String],
        because: String
    ) async throws {
        state.withLock { $0.refusals.append("\(actor.description): \(order?.line ?? "nothing"): \(because)") }
    }
}
