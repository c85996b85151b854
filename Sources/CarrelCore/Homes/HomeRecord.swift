/// One home among all: its place.
public struct HomeKey: Hashable, Sendable, Codable {
    public var engine: EngineName
    /// A directory of the engine's machine or a volume's name, templates expanded.
    public var location: String

    public init(engine: EngineName, location: String) {
        self.engine = engine
        self.location = location
    }
}

/// What the store remembers of a home. It outlives the home's workspaces, and is never removed.
public struct HomeRecord: Hashable, Sendable, Codable {
    public let key: HomeKey
    /// The configured name, such as `team`, when it was first used.
    public var home: String
    public let owner: UserID
    /// By which the file system counts it; no other home ever has the same.
    public var project: UInt32?
    /// Bytes at `measuredAt`; nil: not measured yet, or it can't be.
    public var used: Int64?
    /// When it was measured, or tried to, last.
    public var measuredAt: Timestamp?
    /// At `measuredAt` the file system kept its quota.
    public var isEnforced: Bool
    /// Why it can't be measured: a sentence for the member.
    public var trouble: String?
    /// When every file was last looked at.
    public var wholeAt: Timestamp?
    /// When the last of its workspaces ended.
    public var leftAt: Timestamp?

    public init(
        key: HomeKey,
        home: String,
        owner: UserID,
        project: UInt32? = nil,
        used: Int64? = nil,
        measuredAt: Timestamp? = nil,
        isEnforced: Bool = false,
        trouble: String? = nil,
        wholeAt: Timestamp? = nil,
        leftAt: Timestamp? = nil
    ) {
        self.key = key
        self.home = home
        self.owner = owner
        self.project = project
        self.used = used
        self.measuredAt = measuredAt
        self.isEnforced = isEnforced
        self.trouble = trouble
        self.wholeAt = wholeAt
        self.leftAt = leftAt
    }

    /// With what was found at `now`.
    public func measured(_ found: HomeMeasurement, at now: Timestamp) -> HomeRecord {
        var next = self
        next.used = found.used
        next.measuredAt = now
        next.isEnforced = found.isEnforced
        next.trouble = found.trouble
        if found.isWhole { next.wholeAt = now }
        return next
    }
}

/// What the store remembers of homes.
public protocol HomeStore: Sendable {
    /// Every home that was ever used, by engine and location.
    func homes() async throws -> [HomeRecord]
    func home(_ key: HomeKey) async throws -> HomeRecord?
    /// The home, remembered from now on. With `projects` it gets an id of that range if it has none: the first after all
    /// that were ever given. None is given if the range is used up. An owner, once remembered, stays.
    func ensureHome(_ key: HomeKey, home: String, owner: UserID, projects: ClosedRange<UInt32>?) async throws
        -> HomeRecord
    /// What was found in it. `notFound` if it isn't remembered.
    func recordMeasurement(_ found: HomeMeasurement, of key: HomeKey, at: Timestamp) async throws
    /// A workspace that had it ended. Does nothing if it isn't remembered.
    func leaveHome(_ key: HomeKey, at: Timestamp) async throws
}
