import CarrelCore

/// What one pass sees of one engine.
struct Observed: Sendable {
    /// By workspace; nil: the engine did not answer, so nothing can be said about what is missing.
    var instances: [WorkspaceID: Instance]?
    /// Something was done to these while the engine was listed: the picture of them may be old.
    var touched: Set<WorkspaceID> = []
    /// About to be taken down; they count as gone for the pool.
    var leaving: Set<WorkspaceID> = []
    /// What their engine needs before they can be started is being fetched.
    var preparing: Set<WorkspaceID> = []
    /// Somebody waits for these to answer already.
    var awaited: Set<WorkspaceID> = []
    /// In the store, but unreadable: neither wanted nor stray.
    var unreadable: Set<WorkspaceID> = []
    var notes: [WorkspaceID: WorkspaceNotes] = [:]
    var traffic: [WorkspaceID: Traffic] = [:]
    var published: [WorkspaceID: PublishedRoute] = [:]
    var failures: [AppID: StartFailures] = [:]
    var abilities = EngineAbilities()
}

/// What was learned about a workspace and is not worth the store.
struct WorkspaceNotes: Sendable {
    var missingSince: Timestamp?
    /// The last thing done to it failed: not again before this.
    var heldUntil: Timestamp?
    var failedInARow = 0
    /// What its engine needs before it can be started was fetched.
    var isPrepared = false
    var cpu = CPUHistory()
    var busy: BusyReading?
    var askedAt: Timestamp?
    /// Its use was first looked at, by this carrel.
    var watchedSince: Timestamp?
    /// When it computed last, and what it was.
    var computedAt: Timestamp?
    var computed: String?
}

/// Which optional abilities an engine has, as the planner needs them.
struct EngineAbilities: Hashable, Sendable {
    var pause = true
    var attachHome = true
    var stats = true

    /// Whether spares of the app can be given to anybody.
    func canSpare(_ app: App) -> Bool {
        !app.needsOwnerAtStart && (app.home == nil || attachHome)
    }
}

/// What a route was published from: a difference means publishing it again.
struct PublishedRoute: Hashable, Sendable {
    var endpoint: Endpoint?
    var extra: [String: Endpoint]
    var isPaused: Bool
    var rules: Int

    init(_ workspace: Workspace, rules: Int) {
        endpoint = workspace.endpoint
        extra = workspace.extraEndpoints
        isPaused = workspace.phase == .paused
        self.rules = rules
    }
}
