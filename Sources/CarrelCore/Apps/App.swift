/// What a member can open, as configured: where and how it runs, its home, its pool and when it is put away.
public struct App: Hashable, Sendable, Encodable {
    public var id: AppID
    public var title: String
    public var description: String
    public var engine: EngineName
    /// The image of a container engine; nil for the process engine.
    public var image: String?
    /// Program and arguments; empty: the image's own.
    public var command: [Template]
    public var environment: [String: EnvironmentValue]
    /// Where the app listens inside the workspace. Nil: `{{workspace.port}}`, chosen by the engine.
    public var port: Int?
    /// Further ports by name, reached at `/w/<id>/~<name>/`.
    public var ports: [String: Int]
    public var prefix: PrefixRule
    /// Headers set on every request towards the app, never seen by the browser.
    public var headers: [String: EnvironmentValue]
    public var ready: ReadyCheck
    public var home: HomeUse?
    public var resources: Resources
    public var pool: PoolPolicy
    public var idle: IdlePolicy
    /// The longest life of a workspace, counted from its claim. Nil: no limit.
    public var lifetime: Duration?
    /// Who may open it. Nil: every member.
    public var access: AccessRule?
    /// How many living workspaces of this app a member may have. Nil: no limit.
    public var limitPerMember: Int?
    public var egress: Egress
    /// Origins, beside the workspace's own, whose pages may open WebSockets and send unsafe methods.
    public var origins: [String]
    public var labels: [String: String]
    /// What only container engines understand.
    public var container: ContainerRules

    public init(
        id: AppID,
        title: String,
        description: String = "",
        engine: EngineName,
        image: String? = nil,
        command: [Template] = [],
        environment: [String: EnvironmentValue] = [:],
        port: Int? = nil,
        ports: [String: Int] = [:],
        prefix: PrefixRule = .keep,
        headers: [String: EnvironmentValue] = [:],
        ready: ReadyCheck = ReadyCheck(),
        home: HomeUse? = nil,
        resources: Resources = Resources(),
        pool: PoolPolicy = PoolPolicy(),
        idle: IdlePolicy = IdlePolicy(),
        lifetime: Duration? = nil,
        access: AccessRule? = nil,
        limitPerMember: Int? = nil,
        egress: Egress = .none,
        origins: [String] = [],
        labels: [String: String] = [:],
        container: ContainerRules = ContainerRules()
    ) {
        self.id = id
        self.title = title
        self.description = description
        self.engine = engine
        self.image = image
        self.command = command
        self.environment = environment
        self.port = port
        self.ports = ports
        self.prefix = prefix
        self.headers = headers
        self.ready = ready
        self.home = home
        self.resources = resources
        self.pool = pool
        self.idle = idle
        self.lifetime = lifetime
        self.access = access
        self.limitPerMember = limitPerMember
        self.egress = egress
        self.origins = origins
        self.labels = labels
        self.container = container
    }
}

/// What the app sees of its path `/w/<id>/`.
public enum PrefixRule: String, Hashable, Sendable, Codable, CaseIterable {
    /// The app is told its path and gets it whole.
    case keep
    /// The gateway takes `/w/<id>` off.
    case strip
}

/// When a started app counts as ready: any answer below 500 to `GET path` within the time.
public struct ReadyCheck: Hashable, Sendable, Encodable {
    /// Below the workspace's path; begins with a slash.
    public var path: String
    public var within: Duration

    public init(path: String = "/", within: Duration = .seconds(60)) {
        self.path = path
        self.within = within
    }
}

/// Which home an app gets, and where it appears.
public struct HomeUse: Hashable, Sendable, Encodable {
    public var rule: HomeRule
    /// An absolute path inside the workspace.
    public var mount: String
    /// As whose its files appear inside; nil: who the workspace runs as.
    public var owner: UserNumbers?

    public init(rule: HomeRule, mount: String, owner: UserNumbers? = nil) {
        self.rule = rule
        self.mount = mount
        self.owner = owner
    }
}

/// Where a team's homes are stored.
public struct HomeRule: Hashable, Sendable, Encodable {
    /// The configured name, such as `team`.
    public var id: String
    public var engine: EngineName
    /// A directory of the engine's machine, or a volume's name: may use `{{user.id}}` and `{{workspace.name}}`.
    public var location: Template
    public var kind: Kind
    public var driver: String?
    public var options: [String: String]
    /// How much one home may hold, in bytes. Nil: as much as there is.
    public var quota: Int64?
    /// Where the file system's project ids of homes with a quota are taken from. Nil: from a range that is derived from
    /// the deployment.
    public var projects: ClosedRange<UInt32>?

    public enum Kind: String, Hashable, Sendable, Codable { case directory, volume }

    public init(
        id: String,
        engine: EngineName,
        location: Template,
        kind: Kind,
        driver: String? = nil,
        options: [String: String] = [:],
        quota: Int64? = nil,
        projects: ClosedRange<UInt32>? = nil
    ) {
        self.id = id
        self.engine = engine
        self.location = location
        self.kind = kind
        self.driver = driver
        self.options = options
        self.quota = quota
        self.projects = projects
    }
}

/// Upper bounds for one workspace. Nil: the engine's own.
public struct Resources: Hashable, Sendable, Encodable {
    /// Cores, at least 0.01.
    public var cpu: Double?
    /// Bytes.
    public var memory: Int64?
    public var gpus: Int
    /// Processes and threads.
    public var processes: Int?
    /// Bytes of `/dev/shm`.
    public var sharedMemory: Int64?
    /// That one process may have open.
    public var openFiles: Int?

    public init(
        cpu: Double? = nil,
        memory: Int64? = nil,
        gpus: Int = 0,
        processes: Int? = nil,
        sharedMemory: Int64? = nil,
        openFiles: Int? = nil
    ) {
        self.cpu = cpu
        self.memory = memory
        self.gpus = gpus
        self.processes = processes
        self.sharedMemory = sharedMemory
        self.openFiles = openFiles
    }
}

/// How many spares are kept ready, and how many workspaces of the app may live at once.
public struct PoolPolicy: Hashable, Sendable, Encodable {
    public var spares: Int
    /// Living workspaces of the app, spares included. Nil: no bound. Claims beyond it are queued.
    public var max: Int?
    /// A spare older than this is replaced. Nil: never.
    public var maxAge: Duration?

    public init(spares: Int = 0, max: Int? = nil, maxAge: Duration? = nil) {
        self.spares = spares
        self.max = max
        self.maxAge = maxAge
    }
}

/// Which destinations a workspace may reach.
public enum Egress: Hashable, Sendable, Encodable {
    case none
    case internet
    /// CIDR blocks.
    case only([String])
}

/// Who may open an app: any of the named members or groups.
public struct AccessRule: Hashable, Sendable, Encodable {
    /// `u-…` or `provider:name`.
    public var users: Set<String>
    /// `provider:group`.
    public var groups: Set<String>

    public init(users: Set<String> = [], groups: Set<String> = []) {
        self.users = users
        self.groups = groups
    }
}
