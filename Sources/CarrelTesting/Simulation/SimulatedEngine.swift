public import CarrelCore
import Synchronization

/// An engine under a virtual clock that can be slow, fail, lie about what it has and lose events. What it runs
/// outlives every carrel that uses it, as processes would.
public final class SimulatedEngine: Engine {
    /// What an operator is told of a start that fails.
    public static let startDetail = "no such file"

    /// How it behaves; may be changed at any time.
    public struct Behaviour: Sendable {
        public var createTakes: Duration = .milliseconds(50)
        /// Fetching what an app needs, before its first instance can be created; zero: it is there.
        public var fetchTakes: Duration = .zero
        /// From the creation to the app's first answer.
        public var bootTakes: Duration = .seconds(2)
        public var destroyTakes: Duration = .milliseconds(100)
        public var attachTakes: Duration = .milliseconds(2)
        public var listingTakes: Duration = .zero
        /// How many ids it keeps for which parts are made ahead; zero: it makes none.
        public var ahead = 0
        /// The chance, from 0 to 1, that a start fails, and that the app exits instead of answering.
        public var startFails = 0.0
        public var exitsAtStart = 0.0
        /// The chance that an event is not told, and that an instance is left out of a listing.
        public var losesEvents = 0.0
        public var omits = 0.0
        public var listingFails = 0.0
        /// While set, the call of this name throws.
        public var refuses: Set<String> = []
        public var canAttach = true
        public var canPause = true
        /// Whether homes can be measured at all.
        public var measuresHomes = false
        /// Bytes by location. Nil: what homes hold can't be known.
        public var homes: [String: Int64]?
        public var keepsQuotas = false
        public var measureTakes: Duration = .milliseconds(10)

        public init() {}
    }

    struct Running {
        var spec: InstanceSpec
        var port: Int
        var since: Timestamp
        var isPaused = false
        var exited: (code: Int32, log: String)?
        var home: String?
        var owner: UserID?
        var cpuTime = Duration.zero
        var cores = 0.0
        var countedAt: Timestamp
    }

    struct State {
        var behaviour: Behaviour
        var random: SeededRandom
        var running: [WorkspaceID: Running] = [:]
        var nextPort = 20_000
        /// When what an app needs will be there.
        var fetchedAt: [AppID: Timestamp] = [:]
        var outdated: Set<WorkspaceID> = []
        var ahead: [WorkspaceID] = []
        var forgotten: Set<WorkspaceID> = []
        var preparationWatchers: [Int: AsyncStream<Preparation>.Continuation] = [:]
        var calls: [String: Int] = [:]
        var faults: [String] = []
        var measurings: [Measuring] = []
        var isMeasuring = false
        var watchers: [Int: AsyncStream<WorkspaceID>.Continuation] = [:]
        var next = 0
    }

    public typealias Hook = MemoryStore.Hook

    final class World: Sendable {
        let state: Mutex<State>
        init(_ state: State) { self.state = Mutex(state) }
    }

    public let name: EngineName
    public let kind = "simulated"
    let clock: any WallClock
    let world: World
    private let hook: Hook?

    public init(_ name: EngineName, clock: any WallClock, seed: UInt64, behaviour: Behaviour = Behaviour()) {
        self.name = name
        self.clock = clock
        hook = nil
        world = World(State(behaviour: behaviour, random: SeededRandom(seed: seed)))
    }

    /// The same instances, seen by another carrel.
    public init(sharing other: SimulatedEngine, hook: Hook? = nil) {
        name = other.name
        clock = other.clock
        world = other.world
        self.hook = hook
    }

    public var behaviour: Behaviour {
        get { world.state.withLock { $0.behaviour } }
        set { world.state.withLock { $0.behaviour = newValue } }
    }

    public var capabilities: EngineCapabilities {
        get async {
            let behaviour = self.behaviour
            return EngineCapabilities(
                pause: behaviour.canPause ? self : nil,
                attachHome: behaviour.canAttach ? self : nil,
                logs: self,
                stats: self,
                events: self,
                preparing: self,
                homes: behaviour.measuresHomes ? self : nil,
                ahead: behaviour.ahead > 0 ? self : nil
            )
        }
    }

    public func prepare() async throws { try await call("prepare", takes: .zero) { _ in } }

    public func findings() async -> [EngineFinding] { [] }

    public func create(_ spec: InstanceSpec) async throws -> Instance {
        let now = clock.now()
        return try await call("create", takes: behaviour.createTakes) { state in
            if let existing = state.running[spec.workspace] { return existing.instance }
            if state.chance(state.behaviour.startFails) {
                throw CarrelError(.appFailed, "The app's command does not exist.", detail: Self.startDetail)
            }
            if let home = spec.home?.location { state.checkHome(home, for: spec.workspace) }
            state.nextPort += 1
            var running = Running(spec: spec, port: state.nextPort, since: now, countedAt: now)
            running.home = spec.home?.location
            running.owner = spec.identity?.id
            if state.chance(state.behaviour.exitsAtStart) { running.exited = (1, "Traceback\nno module named lab\n") }
            state.running[spec.workspace] = running
            state.tell(spec.workspace)
            return running.instance
        }
    }

    public func destroy(_ workspace: WorkspaceID, grace: Duration) async throws {
        try await call("destroy", takes: behaviour.destroyTakes) { state in
            state.running[workspace] = nil
            state.tell(workspace)
        }
    }

    public func instances() async throws -> [Instance] {
        try await call("instances", takes: behaviour.listingTakes) { state in
            if state.chance(state.behaviour.listingFails) {
                throw CarrelError(.engineFailed, "The engine does not answer.")
            }
            return state.running.values.sorted { $0.spec.workspace < $1.spec.workspace }.filter { _ in
                !state.chance(state.behaviour.omits)
            }.map { running in
                var instance = running.instance
                instance.isOutdated = state.outdated.contains(instance.workspace)
                return instance
            }
        }
    }

    /// Takes its time, then happens whole or not at all.
    func call<T: Sendable>(_ name: String, takes: Duration, _ body: (inout State) throws -> T) async throws -> T {
        try hook?(name, false)
        world.state.withLock { $0.calls[name, default: 0] += 1 }
        if behaviour.refuses.contains(name) { throw CarrelError(.engineFailed, "The engine refuses to \(name).") }
        if takes > .zero { try await clock.sleep(until: clock.now() + takes) }
        let result = try world.state.withLock { try body(&$0) }
        try hook?(name, true)
        return result
    }
}

extension SimulatedEngine.Running {
    var instance: Instance {
        let state: Instance.State =
            exited.map { .exited(code: $0.code, because: nil) } ?? (isPaused ? .paused : .running)
        return Instance(
            workspace: spec.workspace,
            app: spec.app.id,
            definition: spec.definition,
            state: state,
            endpoint: .tcp(host: "127.0.0.1", port: port),
            home: home
        )
    }
}

extension SimulatedEngine.State {
    mutating func chance(_ probability: Double) -> Bool {
        probability > 0 && Double(random.next() >> 11) / Double(UInt64(1) << 53) < probability
    }

    /// A home in two running workspaces at once is the fault that these simulations look for.
    mutating func checkHome(_ home: String, for workspace: WorkspaceID) {
        for other in running.values where other.home == home && other.spec.workspace != workspace {
            faults.append("home \(home) is attached to \(other.spec.workspace) and \(workspace)")
        }
    }

    mutating func tell(_ workspace: WorkspaceID) {
        guard !chance(behaviour.losesEvents) else { return }
        for watcher in watchers.values { watcher.yield(workspace) }
    }
}
