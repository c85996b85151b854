public import CarrelCore
import Synchronization

extension SimulatedEngine: InstancePreparing {
    public func isPrepared(_ app: App) async -> Bool {
        let now = clock.now()
        return world.state.withLock { state in
            state.behaviour.fetchTakes == .zero || state.fetchedAt[app.id].map { $0 <= now } ?? false
        }
    }

    /// All that wait for an app's are done at the same time.
    public func prepare(_ app: App, for workspace: WorkspaceID) async throws {
        let now = clock.now()
        let (end, isFirst) = world.state.withLock { state in
            let isFirst = state.fetchedAt[app.id] == nil
            let end = state.fetchedAt[app.id] ?? now + state.behaviour.fetchTakes
            state.fetchedAt[app.id] = end
            return (end, isFirst)
        }
        tell(Preparation(workspace: workspace, message: "Fetching the image: 1 of 2 layers"))
        defer { tell(Preparation(workspace: workspace, message: nil)) }
        if !isFirst { return try await clock.sleep(until: max(end, now)) }
        do {
            try await call("fetch", takes: behaviour.fetchTakes) { _ in }
        } catch {
            world.state.withLock { $0.fetchedAt[app.id] = nil }
            throw error
        }
    }

    public func preparations() -> AsyncStream<Preparation> {
        let (stream, continuation) = AsyncStream.makeStream(of: Preparation.self)
        let number = world.state.withLock { state in
            state.next += 1
            state.preparationWatchers[state.next] = continuation
            return state.next
        }
        continuation.onTermination = { [world] _ in
            world.state.withLock { state in state.preparationWatchers[number] = nil }
        }
        return stream
    }

    private func tell(_ preparation: Preparation) {
        let watchers = world.state.withLock { $0.preparationWatchers.values }
        for watcher in watchers { watcher.yield(preparation) }
    }

    /// The image that these were made from is no longer the one that its name means.
    public func moveImage(of workspaces: some Sequence<WorkspaceID>) {
        world.state.withLock { $0.outdated.formUnion(workspaces) }
    }
}
