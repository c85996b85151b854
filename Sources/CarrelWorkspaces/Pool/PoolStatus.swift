public import CarrelCore

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
