public import CarrelCore
public import Logging

/// Claims, reconciler and policies, put together: everything that pages, API and command line do with workspaces.
public final class Workspaces: WorkspaceService {
    let around: Surroundings
    let claims: Claims
    let hands: Hands
    let loops: [EngineLoop]
    let expecting: Expecting

    /// `random` must be secure outside tests: ids and tokens come from it.
    public init(
        store: any Store,
        engines: [any Engine],
        routes: any RoutePublishing,
        probe: any AppProbing,
        rules: WorkspaceRules,
        clock: any WallClock = SystemClock(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
        pacing: Pacing = Pacing(),
        logger: Logger
    ) {
        let inForce = RulesInForce(rules)
        let pokes = Dictionary(engines.map { ($0.name, Signal()) }) { first, _ in first }
        let hurries = Dictionary(engines.map { ($0.name, Signal()) }) { first, _ in first }
        let around = Surroundings(
            store: store,
            engines: EngineSet(engines),
            routes: RouteBook(routes),
            probe: probe,
            rules: inForce,
            clock: clock,
            random: RandomSource(random),
            pacing: pacing,
            progress: Progress(inForce),
            homes: HomeBook(store, engines: engines.map(\.name)),
            logger: logger,
            pokes: pokes,
            hurries: hurries
        )
        self.around = around
        claims = Claims(around)
        hands = Hands(around: around)
        expecting = Expecting(around)
        loops = engines.compactMap { engine in
            guard let poked = pokes[engine.name], let hurried = hurries[engine.name] else { return nil }
            return EngineLoop(engine, around, poked: poked, hurried: hurried)
        }
    }

    /// Prepares the engines and keeps the workspaces as the store wants them, until the task is cancelled. What is
    /// under way then is either finished or taken up by the next start.
    public func run() async throws {
        try await reportRowsWithoutEngine()
        await withDiscardingTaskGroup { group in
            for loop in loops { group.addTask { await loop.run() } }
            group.addTask { await self.expecting.run() }
            for loop in loops {
                guard let poked = around.homes.signal(of: loop.engine.name) else { continue }
                let survey = HomeSurvey(engine: loop.engine.name, around: around, poked: poked, settled: loop.settled)
                group.addTask { await survey.run() }
            }
            group.addTask { for await _ in self.around.store.externalChanges() { self.poke() } }
        }
    }

    /// Returns when every engine was looked at once since `run` began, and the routes of the workspaces that were
    /// open before are published again. Throws `CancellationError` when the task is cancelled first.
    public func settled() async throws {
        for loop in loops { try await loop.settled.wait() }
    }

    /// Takes effect with the next decision. Spares of another definition are replaced one at a time; workspaces of
    /// apps that are gone live on until they end.
    public func reload(_ rules: WorkspaceRules) async {
        around.rules.replace(by: rules)
        poke()
    }

    /// Looks at every engine now.
    public func poke() { around.pokeAll() }

    private func reportRowsWithoutEngine() async throws {
        for row in try await around.store.living() where around.pokes[row.engine] == nil {
            around.logger.warning("workspace \(row.id) lives on engine \(row.engine), which is not configured")
        }
        for id in try await around.store.unreadable() {
            around.logger.error("the row of workspace \(id) can't be read; it is left as it is")
        }
    }
}

extension Workspaces {
    public func app(_ id: AppID) async -> App? { around.rules.now.current(id)?.app }

    public func apps(for user: User, isOperator: Bool) async -> [App] {
        let rules = around.rules.now
        return rules.order.compactMap { rules.current($0)?.app }
            .filter { !user.isDisabled && (isOperator || $0.admits(user)) }
    }

    public func claim(
        _ app: AppID,
        name: WorkspaceName,
        for user: User,
        isOperator: Bool,
        by actor: Actor
    ) async throws -> Workspace {
        try await claims.claim(app, name: name, for: user, isOperator: isOperator, by: actor)
    }

    public func workspace(_ id: WorkspaceID) async throws -> Workspace? { try await around.store.workspace(id) }

    public func workspaces(of user: UserID) async throws -> [Workspace] {
        try await around.store.workspaces(of: user, endedLimit: 20)
    }

    public func living() async throws -> [Workspace] { try await around.store.living() }

    public func queuePosition(_ id: WorkspaceID) async throws -> Int? { try await around.store.queuePosition(id) }

    public func stop(_ id: WorkspaceID, reason: EndReason, by actor: Actor) async throws -> Workspace {
        let row = try await existing(id)
        guard row.phase.isLiving, row.phase != .stopping else { return row }
        do {
            let next = try await hands.apply(.stopping(reason), to: id, by: actor)
            let because = ProgressSentence.ended(reason)
            try await hands.decide(.stopped, row, because: because, inputs: ["by": actor.description])
            await around.routes.withdraw(id)
            around.traces.forget(id)
            around.poke(row.engine)
            return next
        } catch let error as CarrelError where error.code == .conflict {
            return try await existing(id)
        }
    }

    public func pause(_ id: WorkspaceID, by actor: Actor) async throws -> Workspace {
        try await hands.pause(id, because: "asked for", by: actor)
    }

    public func resume(_ id: WorkspaceID, by actor: Actor) async throws -> Workspace {
        try await hands.resume(id, because: "asked for", by: actor)
    }

    public func traffic() async -> [WorkspaceID: Traffic] { await around.routes.traffic() }

    /// Whether a claim of any app can be met at all.
    public var hasReadyEngine: Bool { around.engines.isAnyReady }

    public func engines() async -> [EngineStatus] {
        var statuses = await around.engines.status()
        for index in statuses.indices {
            statuses[index].findings += await around.quotaFindings(of: statuses[index].name)
        }
        return statuses
    }

    func existing(_ id: WorkspaceID) async throws -> Workspace {
        guard let row = try await around.store.workspace(id) else {
            throw CarrelError(.notFound, "There is no such workspace.")
        }
        return row
    }
}
