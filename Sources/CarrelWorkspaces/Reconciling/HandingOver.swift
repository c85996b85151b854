import CarrelCore

/// The workspace could not be given its owner's home: it is of no use to anybody.
struct HandoverFailed: Error {
    let sentence: String
    let cause: any Error
}

extension Hands {
    /// Turns a claimed workspace into its owner's: home attached, identity written, route published. Done once, however
    /// many ask. Throws `HandoverFailed` where the home can't be attached, and `conflict` where the workspace is not
    /// ready (any more).
    func handOver(_ id: WorkspaceID) async throws -> Workspace {
        try await around.turns.turn(of: id) {
            guard let row = try await store.workspace(id) else {
                throw CarrelError(.notFound, "There is no such workspace.")
            }
            return try await handOverInTurn(row)
        }
    }

    func handOverInTurn(_ row: Workspace) async throws -> Workspace {
        if row.isOpen {
            try await publishInTurn(row)
            return row
        }
        guard row.phase == .ready, let owner = try await owner(of: row), let claimedAt = row.claimedAt else {
            throw CarrelError(.conflict, "The workspace is \(row.phase.rawValue).")
        }
        let rules = around.rules.now
        let app = rules.known(row).app
        let begun = around.traces.begun(row.id)
        var trace = ClaimTrace(source: begun?.source ?? row.likelySource, commit: begun?.commit ?? 0)
        let waited = (around.clock.now() - claimedAt).fractionalMilliseconds - trace.commit
        trace.start = around.traces.start(of: row.id)
        trace.queue = trace.source == .spare ? 0 : max(0, waited)

        let home = try await home(of: row, app: app, owner: owner)
        let watch = ContinuousClock()
        let start = watch.now
        try await attach(home, to: row, owner: owner)
        trace.attach = (watch.now - start).fractionalMilliseconds

        // Before the store says so: who reads `ready` finds the gateway forwarding.
        let open = try row.applying(.handedOver(home: home?.location, trace), at: around.clock.now())
        await around.routes.publish(open, app: app, owner: owner, rules: rules)
        trace.route = (watch.now - start).fractionalMilliseconds - trace.attach
        do {
            let handedOver = try await apply(.handedOver(home: open.home, trace), to: row.id)
            around.traces.finish(row.id, trace)
            return handedOver
        } catch {
            await around.routes.withdraw(row.id)
            throw error
        }
    }

    private func attach(_ home: HomeMount?, to row: Workspace, owner: User) async throws {
        let prepared = try around.engines.prepared(row.engine)
        // Where the engine can't attach, there were no spares with a home: it got its home at the start.
        guard let attaching = prepared.can.attachHome else { return }
        do {
            try await attaching.attach(home, identity: row.identity(of: owner), to: row.id)
        } catch let error as CancellationError {
            throw error
        } catch {
            let known = (error as? CarrelError)?.message
            throw HandoverFailed(sentence: known ?? "The home could not be attached.", cause: error)
        }
    }

    /// Makes the gateway forward as the store says. Does nothing unless the workspace is open.
    func publishInTurn(_ row: Workspace) async throws {
        let rules = around.rules.now
        guard row.isOpen, around.routes.published(row.id) != PublishedRoute(row, rules: rules.generation),
            let owner = try await owner(of: row)
        else { return }
        await around.routes.publish(row, app: rules.known(row).app, owner: owner, rules: rules)
    }

    func publish(_ id: WorkspaceID) async throws {
        try await around.turns.turn(of: id) {
            guard let row = try await store.workspace(id) else { return }
            try await publishInTurn(row)
        }
    }

    /// Unless it is open after all.
    func withdraw(_ id: WorkspaceID) async throws {
        try await around.turns.turn(of: id) {
            if let row = try await store.workspace(id), row.isOpen { return }
            await around.routes.withdraw(id)
        }
    }
}

extension Workspace {
    /// How the claim was met, where the memory of it is gone with an earlier carrel.
    fileprivate var likelySource: ClaimTrace.Source {
        guard let claimedAt, claimedAt > createdAt else { return .cold }
        guard let readyAt, readyAt > claimedAt else { return .spare }
        return .starting
    }
}

extension Hands {
    /// Publishes the route of an open workspace once the engine has confirmed that it runs. Nil if it doesn't.
    func confirm(_ id: WorkspaceID) async throws -> Workspace? {
        try await around.turns.turn(of: id) {
            guard let row = try await store.workspace(id), row.isOpen else { return nil }
            if around.routes.published(id) != nil { return row }
            let instances = try await around.engines.prepared(row.engine).engine.instances()
            guard let instance = instances.first(where: { $0.workspace == id }),
                instance.endpoint == row.endpoint, instance.state == .running
            else { return nil }
            try await publishInTurn(row)
            return row
        }
    }
}
