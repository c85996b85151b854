/// How much one home may hold, and by which mark the file system counts it.
public struct HomeQuota: Hashable, Sendable {
    /// Bytes.
    public var bytes: Int64
    /// The home's project id, its own for ever. Nil: none is left, so the file system can't keep the quota.
    public var project: UInt32?

    public init(bytes: Int64, project: UInt32?) {
        self.bytes = bytes
        self.project = project
    }
}

/// Whether a team's quota is kept by the file system.
public enum QuotaSupport: Hashable, Sendable {
    /// By project quotas: whoever is over it can't write more.
    case enforced
    /// A clause without a full stop that says why not.
    case unavailable(because: String)
}

/// What lies in a home.
public struct HomeMeasurement: Hashable, Sendable {
    /// Bytes on the disk, as `du` counts them. Nil: it can't be measured, as `trouble` says.
    public var used: Int64?
    /// The file system keeps the quota.
    public var isEnforced: Bool
    /// A sentence for the member and the operator: why it can't be measured.
    public var trouble: String?
    /// Every file was looked at, and carries the home's mark if it has one.
    public var isWhole: Bool

    public init(used: Int64?, isEnforced: Bool = false, trouble: String? = nil, isWhole: Bool = false) {
        self.used = used
        self.isEnforced = isEnforced
        self.trouble = trouble
        self.isWhole = isWhole
    }
}

/// Measures homes, and has the file system keep their quotas where it can. Homes that are directories or volumes of this
/// machine; of others it says that it can't.
public protocol HomeMeasuring: Sendable {
    /// What lies in the home. Where the file system counts for its quota, that is one call, else every file is looked at,
    /// slowly: minutes for millions of files. With `whole` every file is looked at in any case, and marked as the home's.
    /// Puts right what the file system knows of the quota. One at a time; ends early when the task is cancelled.
    func measure(_ home: HomeMount, whole: Bool) async throws -> HomeMeasurement

    /// Whether the file system keeps quotas of these homes. Makes nothing.
    func quotaSupport(of rule: HomeRule) async -> QuotaSupport
}
