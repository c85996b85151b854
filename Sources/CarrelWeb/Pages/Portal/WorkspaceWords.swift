import CarrelCore

/// How pages speak of workspaces.
extension Phase {
    /// One word for people; also the style's class, in lower case.
    var word: String {
        switch self {
        case .queued: "Waiting"
        case .starting: "Starting"
        case .ready: "Ready"
        case .paused: "Paused"
        case .stopping: "Stopping"
        case .ended: "Ended"
        }
    }
}

extension EndReason {
    var sentence: String {
        switch self {
        case .idle: "Put away because nobody used it."
        case .lifetime: "Put away at the end of its time."
        case .user: "Stopped by its owner."
        case .operator: "Stopped by an operator."
        case .replaced: "Replaced by a newer one."
        case .lost: "Lost: it went away without being asked to."
        case .failed(let why): "Failed: \(why)"
        }
    }
}

extension Workspace {
    /// "for 2 h 5 min", "12 min ago": how long it is as it is.
    func since(_ now: Timestamp) -> String {
        func length(_ moment: Timestamp) -> String {
            let passed = now - moment
            return passed < .seconds(60) ? "less than a minute" : passed.inMinutes.forPeople
        }
        if phase == .ended { return length(endedAt ?? createdAt) + " ago" }
        return "for " + length(claimedAt ?? createdAt)
    }
}

extension Duration {
    fileprivate var inMinutes: Duration { .seconds(milliseconds / 60_000 * 60) }
}
