/// A home as members and operators are told of it.
public struct HomeReport: Hashable, Sendable, Codable {
    /// The configured name, such as `team`.
    public var name: String
    public var engine: EngineName
    public var location: String
    public var owner: UserID
    /// Bytes; nil: not measured yet, or it can't be.
    public var used: Int64?
    /// Bytes; nil: no bound.
    public var quota: Int64?
    /// The file system itself keeps the quota.
    public var isEnforced: Bool
    public var measuredAt: Timestamp?
    /// Why it can't be measured.
    public var trouble: String?

    public init(_ record: HomeRecord, quota: Int64?) {
        name = record.home
        engine = record.key.engine
        location = record.key.location
        owner = record.owner
        used = record.used
        self.quota = quota
        isEnforced = quota != nil && record.isEnforced
        measuredAt = record.measuredAt
        trouble = record.trouble
    }

    /// Part of the quota, 1 for all of it; nil where either is unknown.
    public var share: Double? {
        guard let used, let quota, quota > 0 else { return nil }
        return Double(used) / Double(quota)
    }

    public var isNearlyFull: Bool { share.map { $0 >= 0.9 } ?? false }
    public var isFull: Bool { share.map { $0 >= 1 } ?? false }
}
