public import CarrelCore

/// Everything that `carrel.yaml` says, with defaults filled in and secrets read.
public struct Configuration: Sendable {
    /// Directory of the database, the keys and the process engine's files; absolute.
    public var state: String
    /// On every instance's label: two deployments never touch each other's.
    public var deployment: String
    public var store: StoreRule
    public var users: ListenerRule
    public var operators: ListenerRule
    public var limits: ListenerLimits
    public var drain: DrainRule
    public var isolation: IsolationRule
    public var signIn: SignInSettings
    public var engines: [EngineRule]
    public var homes: [HomeRule]
    public var apps: [App]
    /// Nil: `POST /pool` is off.
    public var poolService: PoolServiceRule?
    /// Where each field stands in the file: `apps[0].pool.spares` → line and column. Defaults are missing.
    public var positions: [String: Position]
    /// As given to the parser, for problems found later.
    public var fileName: String
}

/// Where the rows are kept.
public enum StoreRule: Hashable, Sendable {
    case sqlite
    /// The connection URL.
    case postgres(Secret)
}

/// For programs written for the pool-service protocol.
public struct PoolServiceRule: Hashable, Sendable {
    public var defaultApp: AppID
    /// The sign-in provider whose members the protocol's `userId` names.
    public var provider: String
}

/// Under which names workspaces are reached.
public struct IsolationRule: Hashable, Sendable {
    public enum Mode: String, Hashable, Sendable, Codable, CaseIterable {
        /// `/w/<id>/…` on the hub's own name.
        case path
        /// `/w/<id>/…` on a second name.
        case host
        /// `<id>.<domain>`.
        case subdomain
    }

    public var mode: Mode
    /// The second name (`host`), or the domain that workspaces are names of (`subdomain`); nil for `path`.
    public var domain: String?

    public init(mode: Mode, domain: String?) {
        self.mode = mode
        self.domain = domain
    }
}
