/// The gateway's entry for a workspace: its address, who may enter, how to forward.
public struct Route: Hashable, Sendable, Codable {
    public var workspace: WorkspaceID
    public var app: AppID
    public var owner: UserID
    public var endpoint: Endpoint
    /// Reached at `/w/<id>/~<name>/`, always stripped.
    public var extraEndpoints: [String: Endpoint]
    public var prefix: PrefixRule
    /// Set on every request towards the app, in place of what the client sent under these names.
    public var headers: [RouteHeader]
    /// Paths below the workspace's that are not activity; each covers everything below it.
    public var ignore: [String]
    /// Further origins that may open WebSockets and send unsafe methods.
    public var origins: [String]
    /// Frozen: a request asks the hub to resume it and is held until then.
    public var isPaused: Bool
    /// Nil: a workspace, into which nobody but its owner comes. Else a service that nobody owns: `workspace` and `owner`
    /// stand for it and are nobody's.
    public var service: ServiceAccess?

    public init(
        workspace: WorkspaceID,
        app: AppID,
        owner: UserID,
        endpoint: Endpoint,
        extraEndpoints: [String: Endpoint] = [:],
        prefix: PrefixRule = .keep,
        headers: [RouteHeader] = [],
        ignore: [String] = [],
        origins: [String] = [],
        isPaused: Bool = false,
        service: ServiceAccess? = nil
    ) {
        self.workspace = workspace
        self.app = app
        self.owner = owner
        self.endpoint = endpoint
        self.extraEndpoints = extraEndpoints
        self.prefix = prefix
        self.headers = headers
        self.ignore = ignore
        self.origins = origins
        self.isPaused = isPaused
        self.service = service
    }
}

/// Under which name a service is reached, and by whom.
public struct ServiceAccess: Hashable, Sendable, Codable {
    /// Lower-case letters, digits and hyphens, at most 40.
    public var name: String
    /// Nil: every member.
    public var members: Set<UserID>?

    public init(name: String, members: Set<UserID>?) {
        self.name = name
        self.members = members
    }
}

public struct RouteHeader: Hashable, Sendable, Codable {
    public var name: String
    public var value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// What the gateway has counted for one workspace since it was published.
public struct Traffic: Hashable, Sendable, Codable {
    /// The last request that was activity, or data frame from the client. Nil: none yet.
    public var lastActiveAt: Timestamp?
    /// When the first byte of the first response came back from the workspace.
    public var firstByteAt: Timestamp?
    /// Requests and tunnels open now.
    public var open: Int
    public var bytesIn: Int64
    public var bytesOut: Int64

    public init(
        lastActiveAt: Timestamp? = nil,
        firstByteAt: Timestamp? = nil,
        open: Int = 0,
        bytesIn: Int64 = 0,
        bytesOut: Int64 = 0
    ) {
        self.lastActiveAt = lastActiveAt
        self.firstByteAt = firstByteAt
        self.open = open
        self.bytesIn = bytesIn
        self.bytesOut = bytesOut
    }
}

/// Publishes routes to the data path and reads what it counted. The gateway is one; tests have another.
public protocol RoutePublishing: Sendable {
    /// Returns once every event loop forwards by it.
    func publish(_ route: Route) async
    /// Returns once no event loop forwards to it any more; its tunnels are closed. Does nothing if there is none.
    func withdraw(_ workspace: WorkspaceID) async
    /// Counted since the route was first published. Workspaces that nobody asked for yet may be missing.
    func traffic() async -> [WorkspaceID: Traffic]
    /// Of one workspace; nil if it has no route.
    func traffic(of workspace: WorkspaceID) async -> Traffic?
}

extension RoutePublishing {
    public func traffic(of workspace: WorkspaceID) async -> Traffic? { await traffic()[workspace] }
}
