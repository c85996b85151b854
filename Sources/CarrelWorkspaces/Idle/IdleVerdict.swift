import CarrelCore

/// Whether a workspace is kept or put away, and why, for its member to read.
enum IdleVerdict: Hashable, Sendable {
    /// `cause` stays the same while the sentence's numbers change. Nil `until`: nothing that time alone changes.
    case keep(because: String, cause: String, until: Timestamp?)
    case cull(because: String)

    var because: String {
        switch self {
        case .keep(let because, _, _), .cull(let because): because
        }
    }
}

/// Everything that the decision is made from; recorded with it.
struct IdleInputs: Hashable, Sendable {
    var policy: IdlePolicy
    var now: Timestamp
    /// The last activity that the gateway counted, at least the claim.
    var lastActiveAt: Timestamp
    /// When it computed last, and what.
    var computedAt: Timestamp?
    var computed: String?
    /// Cores, mean over `policy.busy.over`; nil: not known (yet).
    var cpu: Double?
    /// False where the engine can't measure, or CPU does not count.
    var cpuCounts: Bool
    var busy: BusyReading?
    /// Since when this carrel has been looking at it.
    var watchedSince: Timestamp
    var doubt: Duration

    /// How often an app is asked whether it computes.
    static func askEvery(_ policy: IdlePolicy) -> Duration {
        min(.seconds(60), max(.seconds(1), (policy.after ?? .seconds(240)) / 4))
    }

    /// For the record and `carrel explain`.
    var described: [String: String] {
        var inputs = ["last-active": lastActiveAt.description]
        if let after = policy.after { inputs["idle-after"] = after.forPeople }
        if let computedAt { inputs["computed-last"] = computedAt.description }
        if let cpu { inputs["cpu"] = "\(percent(cpu)) of a core" }
        switch busy?.answer {
        case .busy(let what): inputs["probe"] = "busy: \(what)"
        case .quiet: inputs["probe"] = "quiet"
        case .unknown(let why): inputs["probe"] = "unknown: \(why)"
        case nil: break
        }
        return inputs
    }
}

extension IdleVerdict {
    /// A recent request first, then computing, then not knowing; what is left is put away.
    init(_ inputs: IdleInputs) {
        guard let after = inputs.policy.after else {
            self = .keep(because: "this app is never put away", cause: "never", until: nil)
            return
        }
        let now = inputs.now
        // Computing is written to the store as activity too; then it is the computing that keeps it.
        let wasRequest = inputs.computedAt.map { $0 < inputs.lastActiveAt } ?? true
        if wasRequest, now - inputs.lastActiveAt < after {
            let ago = (now - inputs.lastActiveAt).forPeople
            self = .keep(because: "a request \(ago) ago", cause: "request", until: inputs.lastActiveAt + after)
            return
        }
        if let kept = Self.computing(inputs) ?? Self.computedLately(inputs, after) ?? Self.doubted(inputs, after) {
            self = kept
            return
        }
        self = .cull(because: Self.reasonToCull(inputs))
    }

    private static func computing(_ inputs: IdleInputs) -> IdleVerdict? {
        let recheck = inputs.now + IdleInputs.askEvery(inputs.policy)
        if let reading = inputs.freshBusy, case .busy(let what) = reading.answer {
            let lasting = inputs.now - reading.since
            let length = lasting >= .seconds(1) ? " for \(lasting.forPeople)" : ""
            return .keep(because: "\(what) busy\(length)", cause: "busy: \(what)", until: recheck)
        }
        if inputs.cpuCounts, let limit = inputs.policy.busy.cpu, let cpu = inputs.cpu, cpu >= limit {
            let because = "used \(percent(cpu)) of a core over the last \(inputs.policy.busy.over.forPeople)"
            return .keep(because: because, cause: "cpu", until: recheck)
        }
        return nil
    }

    /// The idle time counts from the end of the last computation.
    private static func computedLately(_ inputs: IdleInputs, _ after: Duration) -> IdleVerdict? {
        guard let computedAt = inputs.computedAt, inputs.now - computedAt < after else { return nil }
        let what = inputs.computed.map { " (\($0))" } ?? ""
        let ago = (inputs.now - computedAt).forPeople
        return .keep(because: "computed until \(ago) ago\(what)", cause: "computed", until: computedAt + after)
    }

    /// Not knowing whether it computes keeps it, but not for ever: at most the window to measure in and `doubt`.
    private static func doubted(_ inputs: IdleInputs, _ after: Duration) -> IdleVerdict? {
        let recheck = inputs.now + IdleInputs.askEvery(inputs.policy)
        if inputs.cpuCounts, inputs.policy.busy.cpu != nil, inputs.cpu == nil {
            let until = inputs.watchedSince + inputs.policy.busy.over + inputs.doubt
            if inputs.now < until {
                let because = "how much CPU it used lately is not known yet"
                return .keep(because: because, cause: "cpu unknown", until: min(recheck, until))
            }
        }
        guard inputs.policy.busy.probe != nil else { return nil }
        guard let reading = inputs.freshBusy else {
            let until = max(inputs.watchedSince, inputs.lastActiveAt + after) + inputs.doubt
            guard inputs.now < until else { return nil }
            return .keep(
                because: "it is being asked whether it computes",
                cause: "asking",
                until: min(recheck, until)
            )
        }
        guard case .unknown(let why) = reading.answer else { return nil }
        let until = max(reading.since, inputs.lastActiveAt + after) + inputs.doubt
        guard inputs.now < until else { return nil }
        let because = "whether it computes is not known: \(why); kept for \((until - inputs.now).forPeople) more"
        return .keep(because: because, cause: "unknown: \(why)", until: min(recheck, until))
    }

    private static func reasonToCull(_ inputs: IdleInputs) -> String {
        var parts = ["no request for \((inputs.now - inputs.lastActiveAt).forPeople)"]
        if inputs.cpuCounts, inputs.policy.busy.cpu != nil {
            let over = inputs.policy.busy.over.forPeople
            parts.append(
                inputs.cpu.map { "used \(percent($0)) of a core over the last \(over)" } ?? "its CPU use is not known"
            )
        }
        if inputs.policy.busy.probe != nil {
            switch inputs.freshBusy?.answer {
            case .quiet: parts.append("nothing in it says that it is busy")
            case .unknown(let why): parts.append("whether it computes was not known for too long: \(why)")
            default: parts.append("it did not say whether it computes for too long")
            }
        }
        return parts.joined(separator: "; ")
    }
}

extension IdleInputs {
    /// The app's last answer, unless it is too old to mean anything.
    var freshBusy: BusyReading? {
        guard let busy, now - busy.at <= Self.askEvery(policy) * 3 + .seconds(10) else { return nil }
        return busy
    }
}

/// `0.4` → `40 %`; below ten per cent with one digit after the point.
func percent(_ fraction: Double) -> String {
    let value = max(0, fraction) * 100
    guard value < 9.95 else { return "\(Int(value.rounded())) %" }
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
}
