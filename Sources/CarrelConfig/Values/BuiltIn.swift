/// What this version can do of all that a configuration may ask for. Everything else parses and is refused by name.
public struct BuiltIn: Sendable {
    public var engines: Set<EngineRule.Kind>
    public var providers: Set<ProviderRule.Kind>
    public var isolation: Set<IsolationRule.Mode>
    public var postgres: Bool
    public var tls: Bool
    /// `network.egress` as a list of CIDR blocks.
    public var egressLists: Set<EngineRule.Kind>
    /// `resources.gpus`.
    public var gpus: Set<EngineRule.Kind>

    public init(
        engines: Set<EngineRule.Kind>,
        providers: Set<ProviderRule.Kind>,
        isolation: Set<IsolationRule.Mode>,
        postgres: Bool,
        tls: Bool,
        egressLists: Set<EngineRule.Kind>,
        gpus: Set<EngineRule.Kind>
    ) {
        self.engines = engines
        self.providers = providers
        self.isolation = isolation
        self.postgres = postgres
        self.tls = tls
        self.egressLists = egressLists
        self.gpus = gpus
    }

    /// The one place to say that something was added.
    public static let thisVersion = BuiltIn(
        engines: [.process, .docker],
        providers: Set(ProviderRule.Kind.allCases),
        isolation: Set(IsolationRule.Mode.allCases),
        postgres: false,
        tls: true,
        egressLists: [.docker],
        gpus: [.docker]
    )
}
