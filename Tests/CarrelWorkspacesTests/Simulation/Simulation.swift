import CarrelCore
import CarrelTesting
import CarrelWorkspaces
import Logging
import Synchronization

/// One deployment under a virtual clock: store, engine and gateway outlive every carrel that serves them.
/// Nothing happens but when the test says so, on the test's own thread.
final class Simulation {
    let clock = VirtualClock()
    let executor = SimulationExecutor()
    let store = MemoryStore()
    let engine: SimulatedEngine
    let probe: ScriptedProbe
    private(set) var routes = RecordingRoutes()
    private(set) var carrel: Workspaces
    private var task: Task<Void, any Error>?
    private var random: SeededRandom
    private var fuse: Fuse
    /// Called after each call to the store that had its effect.
    let afterStoreCalls = Watch()
    var rules: WorkspaceRules
    var pacing: Pacing

    /// The engine's name is `here`.
    init(_ apps: [App], seed: UInt64 = 1, startsAtOnce: Int = 4, behaviour: SimulatedEngine.Behaviour = .init()) {
        random = SeededRandom(seed: seed)
        engine = SimulatedEngine(.here, clock: clock, seed: seed, behaviour: behaviour)
        probe = ScriptedProbe(engine)
        rules = WorkspaceRules(deployment: "test", apps: apps)
        pacing = Pacing(startsAtOnce: startsAtOnce)
        fuse = Fuse()
        carrel = Workspaces(
            store: store,
            engines: [],
            routes: routes,
            probe: probe,
            rules: rules,
            logger: .silent
        )
    }

    /// Starts a carrel. It dies after `callsLeft` calls to store and engine: from then on nothing it does happens.
    func start(callsLeft: Int = .max) {
        fuse = Fuse(callsLeft)
        let fuse = fuse
        let hook: MemoryStore.Hook = { _, hasHappened in try fuse.burn(hasHappened: hasHappened) }
        routes = RecordingRoutes()
        carrel = Workspaces(
            store: MemoryStore(sharing: store) { [afterStoreCalls] call, hasHappened in
                try hook(call, hasHappened)
                if hasHappened { afterStoreCalls.look.withLock { $0 }?() }
            },
            engines: [SimulatedEngine(sharing: engine, hook: hook)],
            routes: routes,
            probe: probe,
            rules: rules,
            clock: clock,
            random: SeededRandom(seed: random.next()),
            pacing: pacing,
            logger: .silent
        )
        task = Task(executorPreference: executor) { [carrel] in try await carrel.run() }
        executor.drain()
    }

    var isDead: Bool { fuse.isBurnt }

    /// As `kill -9` would, but that calls under way at the engine may still have their effect.
    func kill() {
        fuse.cut()
        task?.cancel()
        executor.drain()
    }

    /// Lets time pass.
    func run(for duration: Duration) {
        let end = clock.now() + duration
        executor.drain()
        while let next = clock.nextDeadline, next <= end {
            clock.advance(to: max(next, clock.now()))
            executor.drain()
        }
        clock.advance(to: end)
        executor.drain()
    }

    /// Runs until it returns; lets time pass where it waits, at most for a virtual hour.
    func perform<T: Sendable>(_ body: @escaping @Sendable (Workspaces) async throws -> T) throws -> T {
        let result = begin(body)
        let end = clock.now() + .seconds(3600)
        executor.drain()
        while result.value == nil, let next = clock.nextDeadline, next <= end {
            clock.advance(to: next)
            executor.drain()
        }
        guard let value = result.value else { throw Stuck() }
        return try value.get()
    }

    /// Begins something that goes on while time passes.
    func begin<T: Sendable>(_ body: @escaping @Sendable (Workspaces) async throws -> T) -> Outcome<T> {
        let outcome = Outcome<T>()
        let carrel = carrel
        Task(executorPreference: executor) {
            do { outcome.value = .success(try await body(carrel)) } catch { outcome.value = .failure(error) }
        }
        executor.drain()
        return outcome
    }

    func member(_ name: String, groups: Set<String> = []) throws -> User {
        let store = store
        let now = clock.now()
        return try perform { _ in
            let identity = Identity(provider: "here", subject: name, name: name)
            return try await store.ensureUser(identity, displayName: name, groups: groups, by: .hub, at: now)
        }
    }

    func claim(_ app: AppID = .lab, for user: User, name: WorkspaceName = .unnamed) throws -> Workspace {
        try perform { try await $0.claim(app, name: name, for: user, isOperator: false, by: .user(user.id)) }
    }

    func row(_ id: WorkspaceID) throws -> Workspace? {
        let store = store
        return try perform { _ in try await store.workspace(id) }
    }

    func living() throws -> [Workspace] {
        let store = store
        return try perform { _ in try await store.living() }
    }

    func readySpares() throws -> [Workspace] { try living().filter { $0.isSpare && $0.phase == .ready } }

    func decisions(_ id: WorkspaceID) throws -> [Decision] {
        let store = store
        return try perform { _ in try await store.decisions(workspace: id, limit: 100) }
    }

    /// The member keeps using it: a request every ten seconds.
    func use(_ id: WorkspaceID, for duration: Duration) {
        let end = clock.now() + duration
        while clock.now() < end {
            routes.touch(id, at: clock.now())
            run(for: .seconds(10))
        }
    }
}

struct Stuck: Error {}

/// What `begin` will have returned.
final class Outcome<T: Sendable>: Sendable {
    private let box = Mutex<Result<T, any Error>?>(nil)

    var value: Result<T, any Error>? {
        get { box.withLock { $0 } }
        set { box.withLock { $0 = newValue } }
    }
}

/// Lets a number of calls through and none after that, as a process that dies at that point.
final class Fuse: Sendable {
    struct Burnt: Error {}

    private let left: Mutex<Int>

    init(_ calls: Int = .max) { left = Mutex(calls) }

    var isBurnt: Bool { left.withLock { $0 <= 0 } }

    /// Counts before and after, so that a death may also fall between the effect and hearing of it.
    func burn(hasHappened: Bool) throws {
        try left.withLock { left in
            guard left > 0 else { throw Burnt() }
            if left != .max { left -= 1 }
        }
    }

    func cut() { left.withLock { $0 = 0 } }
}

/// Answers for the apps of a simulated engine.
final class ScriptedProbe: AppProbing {
    private let engine: SimulatedEngine
    private let answers = Mutex<[String: ProbeAnswer]>([:])
    private let silent = Mutex<Set<String>>([])
    private let asked = Mutex<[(path: String, headers: [RouteHeader])]>([])

    init(_ engine: SimulatedEngine) { self.engine = engine }

    func get(_ endpoint: Endpoint, path: String, headers: [RouteHeader], within: Duration) async -> ProbeAnswer? {
        asked.withLock { $0.append((path, headers)) }
        guard let id = engine.answering(endpoint), path.hasPrefix("/w/\(id)/") else { return nil }
        let rest = String(path.dropFirst("/w/\(id)".count))
        guard !silent.withLock({ $0.contains(rest) }) else { return nil }
        return answers.withLock { $0[rest] } ?? ProbeAnswer(status: 200, body: Array("[]".utf8))
    }

    /// From now on `GET path` (below the workspace's) answers this; nil: nothing comes back.
    func script(_ path: String, _ json: String?, status: Int = 200) {
        silent.withLock { silent in
            if json == nil { silent.insert(path) } else { silent.remove(path) }
        }
        if let json { answers.withLock { $0[path] = ProbeAnswer(status: status, body: Array(json.utf8)) } }
    }

    var requests: [(path: String, headers: [RouteHeader])] { asked.withLock { $0 } }
}

extension Logger {
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

/// What a test wants to look at whenever something happened.
final class Watch: Sendable {
    let look = Mutex<(@Sendable () -> Void)?>(nil)
}
