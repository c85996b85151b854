import CarrelCore

extension Hands {
    /// Tells the engine, once the store knows. Nil if the workspace is no longer to be started.
    func start(_ id: WorkspaceID) async throws -> Instance? {
        try await around.turns.turn(of: id) {
            guard let row = try await store.workspace(id), row.phase == .starting else { return nil }
            let prepared = try around.engines.prepared(row.engine)
            let rules = around.rules.now
            let entry = rules.known(row)
            let owner = try await owner(of: row)
            let home: HomeMount? = if let owner { try await home(of: row, app: entry.app, owner: owner) } else { nil }
            try await apply(.started, to: id)
            let spec = InstanceSpec(
                workspace: id,
                app: entry.app,
                definition: row.definition,
                values: row.templateValues(owner: owner, sites: rules.sites),
                home: home,
                identity: owner.map { row.identity(of: $0) }
            )
            guard let claimedAt = row.claimedAt else { return try await prepared.engine.create(spec) }
            let parts = StartParts()
            let wait = around.clock.now() - claimedAt
            let watch = ContinuousClock.now
            let instance = try await StartParts.$current.withValue(parts) { try await prepared.engine.create(spec) }
            let took = (ContinuousClock.now - watch).fractionalMilliseconds
            around.traces.started(
                id,
                StartTrace(wait: wait.fractionalMilliseconds, engine: took, parts: parts.milliseconds)
            )
            return instance
        }
    }

    /// A queued one has room: from now on it is started like any other.
    func admit(_ id: WorkspaceID, definition: String) async throws {
        try await around.turns.turn(of: id) {
            guard let row = try await store.workspace(id), row.phase == .queued else { return }
            let next = try await apply(.admitted(definition: definition), to: id)
            try await decide(.given, next, because: "there is room for the next in the queue")
        }
    }

    /// Asks the app until it answers: at once, and then after pauses that are a sixteenth of what it has taken so far, 5 ms at
    /// least and half a second at most. False when nobody wants to know any more, as `isWanted` says.
    func awaitAnswer(_ instance: Instance, isWanted: @Sendable () async -> Bool) async throws -> Bool {
        guard let endpoint = instance.endpoint, let row = try await store.workspace(instance.workspace) else {
            return false
        }
        let rules = around.rules.now
        let app = rules.known(row).app
        let owner = try await owner(of: row)
        let path = row.appPath(app.ready.path, app.prefix, sites: rules.sites)
        let headers = app.routeHeaders(row, owner: owner, sites: rules.sites)
        let began = around.clock.now()
        let watch = ContinuousClock.now
        while await isWanted() {
            try Task.checkCancellation()
            let answer = await around.probe.get(endpoint, path: path, headers: headers, within: .seconds(5))
            if let answer, answer.status < 500 {
                around.traces.answered(instance.workspace, after: (ContinuousClock.now - watch).fractionalMilliseconds)
                return true
            }
            let now = around.clock.now()
            let pause = min(max((now - began) / 16, .milliseconds(5)), .milliseconds(500))
            try await around.clock.sleep(until: now + pause)
        }
        return false
    }

    /// It answers: recorded, and handed over if somebody waits for it.
    func becameReady(_ instance: Instance) async throws {
        let id = instance.workspace
        try await around.turns.turn(of: id) {
            guard let row = try await store.workspace(id), row.phase == .starting, let endpoint = instance.endpoint
            else { return }
            let ready = try await apply(.ready(endpoint, extra: instance.extraEndpoints), to: id)
            if ready.owner != nil { _ = try await handOverInTurn(ready) }
        }
    }

    /// The engine says that it answers elsewhere.
    func readdress(_ instance: Instance) async throws {
        let id = instance.workspace
        try await around.turns.turn(of: id) {
            guard let row = try await store.workspace(id), row.phase == .ready, let endpoint = instance.endpoint
            else { return }
            try await publishInTurn(apply(.ready(endpoint, extra: instance.extraEndpoints), to: id))
        }
    }
}
