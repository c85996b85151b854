import CarrelCore

/// An app whose workspaces fail to start: when the next spare may be tried, further off each time.
struct StartFailures: Hashable, Sendable {
    private(set) var inARow = 0
    private(set) var lastAt: Timestamp?
    private(set) var nextTryAt: Timestamp?
    private(set) var sentence = ""

    var isFailing: Bool { inARow > 0 }

    /// `jitter` from 0 to 1 spreads the next try over a quarter of the delay, so that apps do not retry in step.
    /// Several that were started together count once.
    mutating func record(_ sentence: String, startedAt: Timestamp, now: Timestamp, pacing: Pacing, jitter: Double) {
        self.sentence = sentence
        if let lastAt, startedAt <= lastAt { return }
        inARow += 1
        lastAt = now
        let doublings = min(inARow - 1, 16)
        let delay = min(pacing.backoffBase * (1 << doublings), pacing.backoffLimit)
        nextTryAt = now + delay + .milliseconds(Int64(Double(delay.milliseconds) * 0.25 * jitter))
    }

    /// One that became ready after the last failure and has stayed so: all is well again.
    mutating func settle(readyAt: Timestamp, now: Timestamp, pacing: Pacing) {
        guard let lastAt, readyAt > lastAt, now - readyAt >= pacing.stableAfter else { return }
        self = StartFailures()
    }

    /// For the operator; nil if all is well. Without spares nothing is started before somebody asks.
    func forOperators(now: Timestamp, hasSpares: Bool = true) -> String? {
        guard isFailing else { return nil }
        let tries = inARow == 1 ? "" : " (\(inARow) times in a row)"
        guard hasSpares else { return "\(sentence)\(tries); tried again at the next claim" }
        guard let nextTryAt, nextTryAt > now else { return "\(sentence)\(tries); trying again now" }
        return "\(sentence)\(tries); next try in \((nextTryAt - now).forPeople)"
    }
}
