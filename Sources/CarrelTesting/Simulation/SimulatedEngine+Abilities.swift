public import CarrelCore
import Synchronization

extension SimulatedEngine: HomeAttaching {
    public func expect(_ home: HomeMount) async throws {}

    public func attach(_ home: HomeMount?, identity: WorkspaceIdentity, to workspace: WorkspaceID) async throws {
        try await call("attach", takes: behaviour.attachTakes) { state in
            guard let running = state.running[workspace], running.exited == nil else {
                throw CarrelError(.notFound, "There is no such instance.")
            }
            if let attached = running.home, attached != home?.location {
                state.faults.append("\(workspace) has \(attached), and was to get \(home?.location ?? "nothing")")
                throw CarrelError(.conflict, "Another home is attached.")
            }
            if let owner = running.owner, owner != identity.id {
                state.faults.append("\(workspace) belongs to \(owner), and was given to \(identity.id)")
            }
            if let location = home?.location { state.checkHome(location, for: workspace) }
            state.running[workspace]?.home = home?.location
            state.running[workspace]?.owner = identity.id
        }
    }
}

extension SimulatedEngine: InstancePausing {
    public func pause(_ workspace: WorkspaceID) async throws {
        try await call("pause", takes: .milliseconds(1)) { $0.running[workspace]?.isPaused = true }
    }

    public func resume(_ workspace: WorkspaceID) async throws {
        try await call("resume", takes: .milliseconds(1)) { $0.running[workspace]?.isPaused = false }
    }
}

extension SimulatedEngine: LogReading {
    public func tail(_ workspace: WorkspaceID, lines: Int) async throws -> String {
        try await call("tail", takes: .zero) { state in
            let log = state.running[workspace]?.exited?.log ?? "started\n"
            return log.split(separator: "\n").suffix(lines).joined(separator: "\n")
        }
    }

    public func follow(_ workspace: WorkspaceID) async throws -> AsyncThrowingStream<String, any Error> {
        AsyncThrowingStream { stream in
            stream.yield("started\n")
            stream.finish()
        }
    }
}

extension SimulatedEngine: InstanceMeasuring {
    public func stats() async throws -> [WorkspaceID: InstanceStats] {
        let now = clock.now()
        return try await call("stats", takes: .zero) { state in
            for id in state.running.keys { state.count(id, now: now) }
            return state.running.filter { $0.value.exited == nil }.mapValues {
                InstanceStats(cpuTime: $0.cpuTime, memory: 1 << 27, processes: 3)
            }
        }
    }
}

extension SimulatedEngine: InstanceEvents {
    public func events() -> AsyncStream<WorkspaceID> {
        let (stream, continuation) = AsyncStream.makeStream(of: WorkspaceID.self)
        let number = world.state.withLock { state in
            state.next += 1
            state.watchers[state.next] = continuation
            return state.next
        }
        continuation.onTermination = { [world] _ in world.state.withLock { state in state.watchers[number] = nil } }
        return stream
    }
}

extension SimulatedEngine.State {
    mutating func count(_ id: WorkspaceID, now: Timestamp) {
        guard let running = running[id], now > running.countedAt else { return }
        self.running[id]?.cpuTime += .milliseconds(
            Int64(Double((now - running.countedAt).milliseconds) * running.cores)
        )
        self.running[id]?.countedAt = now
    }
}

/// What a test does to the engine behind carrel's back, and sees of it.
extension SimulatedEngine {
    public var calls: [String: Int] { world.state.withLock { $0.calls } }

    /// What must never happen and did: a home in two workspaces, a workspace with two owners.
    public var faults: [String] { world.state.withLock { $0.faults } }

    public var running: [WorkspaceID] {
        world.state.withLock { state in state.running.filter { $0.value.exited == nil }.keys.sorted() }
    }

    public func home(of workspace: WorkspaceID) -> String? { world.state.withLock { $0.running[workspace]?.home } }

    public func owner(of workspace: WorkspaceID) -> UserID? { world.state.withLock { $0.running[workspace]?.owner } }

    public func isPaused(_ workspace: WorkspaceID) -> Bool {
        world.state.withLock { $0.running[workspace]?.isPaused ?? false }
    }

    /// The app ends by itself.
    public func exit(_ workspace: WorkspaceID, code: Int32, log: String) {
        world.state.withLock { state in
            state.running[workspace]?.exited = (code, log)
            state.tell(workspace)
        }
    }

    /// The instance is gone, and nothing of it is left.
    public func lose(_ workspace: WorkspaceID) {
        world.state.withLock { state in
            state.running[workspace] = nil
            state.tell(workspace)
        }
    }

    /// An instance with our label that no store ever heard of.
    public func addStray(_ workspace: WorkspaceID, app: App) {
        let now = clock.now()
        world.state.withLock { state in
            let spec = InstanceSpec(workspace: workspace, app: app, definition: app.definition, values: [:])
            state.nextPort += 1
            state.running[workspace] = Running(spec: spec, port: state.nextPort, since: now, countedAt: now)
        }
    }

    /// From now on it uses this many cores.
    public func compute(_ workspace: WorkspaceID, cores: Double) {
        let now = clock.now()
        world.state.withLock { state in
            state.count(workspace, now: now)
            state.running[workspace]?.cores = cores
        }
    }

    /// Whose app answers at this endpoint, if one does by now.
    public func answering(_ endpoint: Endpoint) -> WorkspaceID? {
        let now = clock.now()
        return world.state.withLock { state in
            state.running.values.first { running in
                running.instance.endpoint == endpoint && running.exited == nil && !running.isPaused
                    && now - running.since >= state.behaviour.bootTakes
            }?.spec.workspace
        }
    }
}
