import CarrelCore

/// Readings of one workspace's CPU time, enough of them for a mean over the last while.
struct CPUHistory: Hashable, Sendable {
    private struct Reading: Hashable, Sendable {
        let at: Timestamp
        /// Microseconds: there are a dozen readings of each of thousands of workspaces.
        let used: Int64
    }

    private var readings: [Reading] = []

    var count: Int { readings.count }

    /// Keeps what a mean over `window` needs: readings no closer than a tenth of it, and one from before it.
    mutating func add(_ used: Duration, at now: Timestamp, window: Duration) {
        let used = used.milliseconds * 1000 + used.components.attoseconds / 1_000_000_000_000 % 1000
        if let last = readings.last {
            guard now > last.at else { return }
            // The counter began anew: what was read before says nothing any more.
            if used < last.used { readings = [] }
        }
        if readings.count >= 2, now - readings[readings.count - 2].at < window / 10 { readings.removeLast() }
        readings.append(Reading(at: now, used: used))
        let start = now - window
        if let firstInside = readings.firstIndex(where: { $0.at > start }), firstInside > 1 {
            readings.removeFirst(firstInside - 1)
        }
    }

    /// Cores used on average over a `window` that ends with the last reading; nil until the readings cover it, and
    /// when the last one is older than both the window and `staleAfter`.
    func mean(over window: Duration, now: Timestamp, staleAfter: Duration = .seconds(15)) -> Double? {
        guard let last = readings.last, let first = readings.last(where: { $0.at <= last.at - window }),
            last.at > first.at, now - last.at <= max(window, staleAfter)
        else { return nil }
        return Double(last.used - first.used) / 1e6 / (last.at - first.at).inSeconds
    }
}
