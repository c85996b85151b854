/// Where workspaces run. Every operation is idempotent by workspace id, and may be repeated after a crash at any
/// point. An engine sees only instances of its own deployment: another deployment's are never listed nor touched.
public protocol Engine: Sendable {
    var name: EngineName { get }
    /// `process`, `docker`, …
    var kind: String { get }
    /// What this engine can do beyond starting and stopping, as found on this machine by `prepare`.
    var capabilities: EngineCapabilities { get async }

    /// Makes ready what instances need (directories, mounts, networks). Called once, before everything else.
    /// Throws `CarrelError` with a sentence when the engine can't run here.
    func prepare() async throws

    /// What an operator should know about this machine: weaker isolation, missing programs. Changes nothing.
    func findings() async -> [EngineFinding]

    /// Starts an instance, or returns the one that runs for this workspace already. Returns as soon as it was
    /// started; it need not answer yet. Throws `CarrelError` (`appFailed` if the app is at fault, `engineFailed`
    /// if the engine is); then nothing is left behind.
    func create(_ spec: InstanceSpec) async throws -> Instance

    /// Asks the instance to end, ends it after `grace`, undoes the home's attachment and removes what is left.
    /// Does nothing if there is no such instance. Never touches a home's files.
    func destroy(_ workspace: WorkspaceID, grace: Duration) async throws

    /// Every instance of this deployment, exited ones included until they are destroyed. The truth: events are hints.
    func instances() async throws -> [Instance]
}

/// Optional abilities: nil means that this engine, on this machine, can't.
public struct EngineCapabilities: Sendable {
    public var pause: (any InstancePausing)?
    public var attachHome: (any HomeAttaching)?
    public var logs: (any LogReading)?
    public var stats: (any InstanceMeasuring)?
    public var events: (any InstanceEvents)?
    public var preparing: (any InstancePreparing)?
    public var images: (any ImageRefreshing)?
    public var exposed: (any ExposedListing)?
    /// Also before `prepare`.
    public var homes: (any HomeMeasuring)?
    public var shells: (any ShellRunning)?
    public var ahead: (any InstancesAhead)?

    public init(
        pause: (any InstancePausing)? = nil,
        attachHome: (any HomeAttaching)? = nil,
        logs: (any LogReading)? = nil,
        stats: (any InstanceMeasuring)? = nil,
        events: (any InstanceEvents)? = nil,
        preparing: (any InstancePreparing)? = nil,
        images: (any ImageRefreshing)? = nil,
        exposed: (any ExposedListing)? = nil,
        homes: (any HomeMeasuring)? = nil,
        shells: (any ShellRunning)? = nil,
        ahead: (any InstancesAhead)? = nil
    ) {
        self.pause = pause
        self.attachHome = attachHome
        self.logs = logs
        self.stats = stats
        self.events = events
        self.preparing = preparing
        self.images = images
        self.exposed = exposed
        self.homes = homes
        self.shells = shells
        self.ahead = ahead
    }
}

/// Freezes and thaws an instance with its memory kept. Both do nothing if it is so already.
public protocol InstancePausing: Sendable {
    func pause(_ workspace: WorkspaceID) async throws
    func resume(_ workspace: WorkspaceID) async throws
}

/// Puts a home into a running spare, and writes who it belongs to.
public protocol HomeAttaching: Sendable {
    /// Attaches `home` (nil: the app has none) and writes `identity.json` into the runtime directory.
    /// Does nothing if this same home is attached already; throws `conflict` if another one is.
    func attach(_ home: HomeMount?, identity: WorkspaceIdentity, to workspace: WorkspaceID) async throws

    /// Its member is here: does ahead what `attach` would have to wait for, such as mounting a volume. May do nothing.
    func expect(_ home: HomeMount) async throws
}

public protocol LogReading: Sendable {
    /// The last `lines` lines of what the app wrote to stdout and stderr; also after it exited, until it is destroyed.
    func tail(_ workspace: WorkspaceID, lines: Int) async throws -> String
    /// What is written from now on, as it comes, ending when the instance does.
    func follow(_ workspace: WorkspaceID) async throws -> AsyncThrowingStream<String, any Error>
}

public protocol InstanceMeasuring: Sendable {
    /// One reading for each running instance; missing for those that could not be read.
    func stats() async throws -> [WorkspaceID: InstanceStats]
}

/// One reading of an instance's use, over its whole process tree.
public struct InstanceStats: Hashable, Sendable, Codable {
    /// CPU time used since it started.
    public var cpuTime: Duration
    /// Resident bytes.
    public var memory: Int64
    public var processes: Int

    public init(cpuTime: Duration, memory: Int64, processes: Int) {
        self.cpuTime = cpuTime
        self.memory = memory
        self.processes = processes
    }
}

public protocol InstanceEvents: Sendable {
    /// The workspace of each instance that changed state, as soon as the engine knows. May lose some, may repeat.
    func events() -> AsyncStream<WorkspaceID>
}

/// Something that an operator should know about an engine on this machine.
public struct EngineFinding: Hashable, Sendable, Codable {
    public enum Severity: String, Hashable, Sendable, Codable { case note, warning, error }

    public var severity: Severity
    public var message: String

    public init(_ severity: Severity, _ message: String) {
        self.severity = severity
        self.message = message
    }
}
