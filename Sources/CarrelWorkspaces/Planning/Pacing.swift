#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How fast and how patiently the reconciler works. The defaults suit a machine with people waiting on it.
public struct Pacing: Hashable, Sendable {
    /// Spares of one engine that start at the same time, and as many workspaces that somebody waits for.
    public var startsAtOnce: Int
    /// The engine is listed at least this often, events or not.
    public var passInterval: Duration = .seconds(2)
    /// The least time between two passes, however often it is asked for.
    public var passSpacing: Duration = .milliseconds(20)
    /// A listing that takes longer does not hold up what can be decided without it.
    public var listingPatience: Duration = .seconds(10)
    /// How long a workspace may be missing from the engine's listings before it counts as lost.
    public var lossGrace: Duration = .seconds(5)
    /// What an instance is given to end by itself.
    public var stopGrace: Duration = .seconds(5)
    /// Activity is written to the store at most this often.
    public var activityEvery: Duration = .seconds(10)
    /// CPU time is read at most this often.
    public var measureEvery: Duration = .seconds(5)
    /// How long not knowing whether it computes keeps an idle workspace.
    public var doubt: Duration = .seconds(300)
    /// After the first failed start; doubled with each further one.
    public var backoffBase: Duration = .seconds(1)
    public var backoffLimit: Duration = .seconds(300)
    /// A workspace that has been ready for so long shows that its app starts well again.
    public var stableAfter: Duration = .seconds(60)
    /// How long a claim waits for the member's former workspace to be gone.
    public var claimPatience: Duration = .seconds(20)

    /// `startsAtOnce`: at least 1; nil: as many as there are cores, at least 4.
    public init(startsAtOnce: Int? = nil) {
        self.startsAtOnce = max(1, startsAtOnce ?? max(4, ProcessInfo.processInfo.activeProcessorCount))
    }
}
