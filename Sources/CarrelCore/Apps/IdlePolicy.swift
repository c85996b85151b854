/// When a workspace that nobody uses and that computes nothing is put away.
public struct IdlePolicy: Hashable, Sendable, Encodable {
    /// Nil: never.
    public var after: Duration?
    public var then: IdleAction
    /// Paths below the workspace's own whose requests are not activity; each covers everything below it.
    public var ignore: [String]
    public var busy: BusyPolicy

    public init(
        after: Duration? = nil,
        then: IdleAction = .stop,
        ignore: [String] = [],
        busy: BusyPolicy = BusyPolicy()
    ) {
        self.after = after
        self.then = then
        self.ignore = ignore
        self.busy = busy
    }
}

public enum IdleAction: String, Hashable, Sendable, Codable, CaseIterable { case stop, pause }

/// What counts as computing.
public struct BusyPolicy: Hashable, Sendable, Encodable {
    /// A fraction of one core (0.05 is 5 %), mean over the last `over`. Nil: CPU does not count.
    public var cpu: Double?
    public var over: Duration
    public var probe: BusyProbe?

    public init(cpu: Double? = nil, over: Duration = .seconds(120), probe: BusyProbe? = nil) {
        self.cpu = cpu
        self.over = over
        self.probe = probe
    }
}

/// A question to the app itself: `GET path` answers JSON; busy if any object in it has all the given members.
public struct BusyProbe: Hashable, Sendable, Encodable {
    /// Below the workspace's path.
    public var path: String
    /// Member (dots lead into nested objects, `kernel.execution_state`) → text it must equal.
    public var any: [String: String]
    /// How to name what is busy: `kernel of {name}`, where `{name}` is a member of the object found.
    public var says: String?

    public init(path: String, any: [String: String], says: String? = nil) {
        self.path = path
        self.any = any
        self.says = says
    }
}
