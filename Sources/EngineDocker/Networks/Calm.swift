import Synchronization

/// Keeps away from the engine's networks for a while after containers ended by themselves: they may have ended because the
/// engine stops. In its last moments Docker 20.10 takes requests with its store closed already; a network that is made or
/// removed then is half there, and the engine panics at its next start (seen: `reservePools`, index out of range).
final class Calm: Sendable {
    private let length: Duration
    private let state = Mutex<(seen: Set<String>, until: ContinuousClock.Instant?)>(([], nil))

    init(_ length: Duration) { self.length = length }

    /// A container was found ended. Only the first look at each counts.
    func ended(_ container: String) {
        state.withLock { state in
            if state.seen.count > 4096 { state.seen = [] }
            guard state.seen.insert(container).inserted else { return }
            state.until = .now + length
        }
    }

    /// Nothing ended lately.
    var isThere: Bool { state.withLock { $0.until.map { $0 <= .now } ?? true } }

    /// Returns once nothing ended for a while, or when that has lasted three times as long: apps that end all the time hold
    /// nobody up for ever.
    func wait() async throws {
        let patience = ContinuousClock.now + length * 3
        while let until = state.withLock({ $0.until }), until > .now, patience > .now {
            try await Task.sleep(until: min(until, patience), clock: .continuous)
        }
    }
}
