/// One instance of an app, from start to end. Has an owner, or none: then it is a spare.
public struct Workspace: Hashable, Sendable, Codable {
    public let id: WorkspaceID
    public let app: AppID
    public let engine: EngineName
    /// Digest of the app's definition that it was started from.
    public var definition: String
    /// Known to the app and the gateway only: `{{workspace.token}}`.
    public let token: String
    /// Set once, never changed.
    public internal(set) var owner: UserID?
    /// Set with the owner.
    public internal(set) var name: WorkspaceName
    public internal(set) var phase: Phase
    /// Set when it begins to stop.
    public internal(set) var reason: EndReason?
    /// Where the gateway reaches it; known from `ready` on.
    public internal(set) var endpoint: Endpoint?
    public internal(set) var extraEndpoints: [String: Endpoint]
    /// The home that was attached: its expanded location.
    public internal(set) var home: String?
    public let createdAt: Timestamp
    /// When the engine was told.
    public internal(set) var startedAt: Timestamp?
    public internal(set) var readyAt: Timestamp?
    public internal(set) var claimedAt: Timestamp?
    /// When the owner's home was attached and the route could be published.
    public internal(set) var handedOverAt: Timestamp?
    public internal(set) var lastActiveAt: Timestamp?
    public internal(set) var endedAt: Timestamp?
    /// The workspace that this one was started again for.
    public let predecessor: WorkspaceID?
    public internal(set) var trace: ClaimTrace?
    /// What the app printed last; kept after the end. At most `lastLogLimit` bytes.
    public internal(set) var lastLog: String

    public static let lastLogLimit = 16_384

    public init(
        id: WorkspaceID,
        app: AppID,
        engine: EngineName,
        definition: String,
        token: String,
        owner: UserID? = nil,
        name: WorkspaceName = .unnamed,
        phase: Phase,
        createdAt: Timestamp,
        predecessor: WorkspaceID? = nil
    ) {
        self.id = id
        self.app = app
        self.engine = engine
        self.definition = definition
        self.token = token
        self.owner = owner
        self.name = name
        self.phase = phase
        self.extraEndpoints = [:]
        self.createdAt = createdAt
        self.claimedAt = owner == nil ? nil : createdAt
        self.predecessor = predecessor
        self.lastLog = ""
    }

    public var isSpare: Bool { owner == nil && (phase == .starting || phase == .ready) }

    /// Its path on the users' listener, with a slash at both ends.
    public var path: String { "/w/\(id)/" }

    /// Open to its owner: ready or paused, with everything of theirs in place.
    public var isOpen: Bool { owner != nil && handedOverAt != nil && (phase == .ready || phase == .paused) }
}

/// Where the gateway reaches an app.
public enum Endpoint: Hashable, Sendable, Codable {
    case tcp(host: String, port: Int)
    case unix(path: String)
}

/// How long each part of a claim took, in milliseconds.
public struct ClaimTrace: Hashable, Sendable, Codable {
    /// How the claim was met.
    public enum Source: String, Hashable, Sendable, Codable { case spare, starting, cold, queued }

    public var source: Source
    /// Waiting in the queue or for the start.
    public var queue: Double
    /// The store's transaction.
    public var commit: Double
    /// Attaching the home and writing the identity.
    public var attach: Double
    /// Publishing the route.
    public var route: Double
    /// What the start took, where it was one for this claim.
    public var start: StartTrace?
    /// From the claim to the first byte of the first response from the workspace; nil until there was one.
    public var firstByte: Double?

    public init(
        source: Source,
        queue: Double = 0,
        commit: Double = 0,
        attach: Double = 0,
        route: Double = 0,
        start: StartTrace? = nil,
        firstByte: Double? = nil
    ) {
        self.source = source
        self.queue = queue
        self.commit = commit
        self.attach = attach
        self.route = route
        self.start = start
        self.firstByte = firstByte
    }
}

/// What a start took that a claim waited for; milliseconds.
public struct StartTrace: Hashable, Sendable, Codable {
    /// From the claim until the engine was told.
    public var wait: Double
    /// What the engine took.
    public var engine: Double
    /// Of that, by the engine's own names; some of them at the same time.
    public var parts: [String: Double]
    /// From then until the app's first answer.
    public var answer: Double

    public init(wait: Double, engine: Double, parts: [String: Double] = [:], answer: Double = 0) {
        self.wait = wait
        self.engine = engine
        self.parts = parts
        self.answer = answer
    }
}
