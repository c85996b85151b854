public import CarrelCore

/// What the claims and the reconciler need from the configuration. Replaced whole by a reload.
public struct WorkspaceRules: Sendable {
    public var deployment: String
    public var apps: [App]

    public init(deployment: String, apps: [App]) {
        self.deployment = deployment
        self.apps = apps
    }
}

/// Asks a running app something over HTTP, not through the gateway: readiness and the busy probe.
public protocol AppProbing: Sendable {
    /// `GET path` with these headers; nil if it refuses, resets, or says nothing in time. At most 1 MiB of body.
    func get(_ endpoint: Endpoint, path: String, headers: [RouteHeader], within: Duration) async -> ProbeAnswer?
}

public struct ProbeAnswer: Hashable, Sendable {
    public var status: Int
    public var body: [UInt8]

    public init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}

/// One change of a workspace, as a progress page shows it.
public struct WorkspaceEvent: Hashable, Sendable {
    public var workspace: Workspace
    /// 1 for the next to be admitted; nil unless queued.
    public var queuePosition: Int?
    /// What is happening, as a sentence for the member.
    public var message: String

    public init(workspace: Workspace, queuePosition: Int?, message: String) {
        self.workspace = workspace
        self.queuePosition = queuePosition
        self.message = message
    }
}

/// One app's pool, as the operators' API shows it.
public struct PoolStatus: Hashable, Sendable, Codable {
    public var app: AppID
    public var wanted: Int
    public var ready: Int
    public var starting: Int
    public var claimed: Int
    public var queued: Int
    public var max: Int?
    /// Why its spares fail and when the next try is; nil if they don't.
    public var failing: String?

    public init(
        app: AppID,
        wanted: Int,
        ready: Int,
        starting: Int,
        claimed: Int,
        queued: Int,
        max: Int?,
        failing: String?
    ) {
        self.app = app
        self.wanted = wanted
        self.ready = ready
        self.starting = starting
        self.claimed = claimed
        self.queued = queued
        self.max = max
        self.failing = failing
    }
}

/// Everything that pages, API and command line do with workspaces.
public protocol WorkspaceService: Sendable {
    func app(_ id: AppID) async -> App?
    /// Those that the member may open, in the configured order. Operators may open every app.
    func apps(for user: User, isOperator: Bool) async -> [App]

    /// The member's own workspace of this app and name, else a spare, handed over, else a new one or a place in the
    /// queue. Returns `ready` with the home attached and the route published, or `starting`, or `queued`.
    /// Throws `notFound` for an unknown app and for one that the member may not open, `limitReached`.
    func claim(_ app: AppID, name: WorkspaceName, for user: User, isOperator: Bool, by: Actor) async throws -> Workspace

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
}

/// One engine, as the operators' API shows it.
public struct EngineStatus: Hashable, Sendable, Codable {
    public var name: EngineName
    public var kind: String
    /// Of `pause`, `attachHome`, `logs`, `stats`, `events`.
    public var capabilities: [String]
    public var findings: [EngineFinding]
    /// Instances at the last listing; nil if it failed.
    public var instances: Int?

    public init(
        name: EngineName,
        kind: String,
        capabilities: [String],
        findings: [EngineFinding],
        instances: Int?
    ) {
        self.name = name
        self.kind = kind
        self.capabilities = capabilities
        self.findings = findings
        self.instances = instances
    }
}
