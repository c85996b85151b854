#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The one source of time. Everything that decides by time is handed one, so that tests and simulations can jump.
public protocol WallClock: Sendable {
    /// The current moment.
    func now() -> Timestamp
    /// Returns at `deadline` or at once if that has passed. Throws `CancellationError` when the task is cancelled.
    func sleep(until deadline: Timestamp) async throws
}

/// The machine's clock.
public struct SystemClock: WallClock {
    public init() {}

    public func now() -> Timestamp { Timestamp(Date()) }

    public func sleep(until deadline: Timestamp) async throws {
        try await Task.sleep(for: max(.zero, deadline - now()))
    }
}
