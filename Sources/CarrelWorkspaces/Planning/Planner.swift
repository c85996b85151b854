import CarrelCore

/// Compares what the store wants with what the engine has. Pure: the same picture gives the same plan.
struct Planner {
    let rules: Rulebook
    let pacing: Pacing
    private var observed: Observed
    let now: Timestamp
    private var plan = Plan()
    private var pools: [AppID: PoolPicture] = [:]
    private var budget: StartBudget

    /// What is to be done for the workspaces of one engine, given as the store has them, oldest first. Walks once over
    /// the workspaces, once over the instances and once over the apps.
    static func plan(
        wanted: [Workspace],
        observed: Observed,
        rules: Rulebook,
        engine: EngineName,
        pacing: Pacing,
        now: Timestamp
    ) -> Plan {
        var planner = Planner(rules, pacing, observed, now)
        for workspace in wanted { planner.count(workspace) }
        for workspace in wanted { planner.look(at: workspace) }
        planner.destroyStrays(wanted)
        planner.withdrawStale(wanted)
        planner.fillPools(of: engine)
        return planner.plan
    }

    /// Starts of what claims have made, and nothing else: an engine that was never told of a workspace does not have it, so
    /// that needs no listing. `observed` has none.
    static func starts(
        wanted: [Workspace],
        observed: Observed,
        rules: Rulebook,
        pacing: Pacing,
        now: Timestamp
    ) -> [Action] {
        var planner = Planner(rules, pacing, observed, now)
        for workspace in wanted { planner.count(workspace) }
        planner.observed.instances = [:]
        for workspace in wanted where workspace.startedAt == nil && workspace.owner != nil {
            if workspace.phase == .starting { planner.look(at: workspace) }
        }
        return planner.plan.actions
    }

    private init(_ rules: Rulebook, _ pacing: Pacing, _ observed: Observed, _ now: Timestamp) {
        self.rules = rules
        self.pacing = pacing
        self.observed = observed
        self.now = now
        budget = StartBudget(startsAtOnce: pacing.startsAtOnce)
    }

    private mutating func count(_ workspace: Workspace) {
        pools[workspace.app, default: PoolPicture()]
            .add(workspace, isLeaving: observed.leaving.contains(workspace.id))
        let isTold = workspace.startedAt != nil || observed.touched.contains(workspace.id)
        if workspace.phase == .starting, isTold { budget.note(workspace) }
    }

    private mutating func look(at workspace: Workspace) {
        let id = workspace.id
        guard !observed.touched.contains(id), !observed.leaving.contains(id) else { return }
        if let heldUntil = observed.notes[id]?.heldUntil, heldUntil > now { return plan.wake(at: heldUntil) }
        switch workspace.phase {
        case .starting: lookAtStarting(workspace)
        case .ready, .paused: lookAtRunning(workspace)
        case .stopping: plan.actions.append(.takeDown(id, .goOn))
        case .queued, .ended: break
        }
    }

    private mutating func lookAtStarting(_ workspace: Workspace) {
        // However long that takes, it is not the app's.
        guard !observed.preparing.contains(workspace.id) else { return }
        let within = rules.known(workspace).app.ready.within
        if let startedAt = workspace.startedAt {
            guard now - startedAt < within else { return takeDown(workspace, .neverReady(within: within)) }
            plan.wake(at: startedAt + within)
        }
        guard let instances = observed.instances else { return }
        switch instances[workspace.id]?.state {
        case nil:
            // Told before, or never: telling the engine again does no harm.
            if workspace.startedAt != nil || budget.take(workspace) { plan.actions.append(.start(workspace.id)) }
        case .exited(let code, let because): takeDown(workspace, .exited(code: code, because: because))
        case .paused: plan.actions.append(.thaw(workspace.id))
        case .running:
            guard let instance = instances[workspace.id], !observed.awaited.contains(workspace.id) else { return }
            plan.actions.append(.awaitReady(instance))
        }
    }

    private mutating func lookAtRunning(_ workspace: Workspace) {
        guard let instances = observed.instances else { return lookAtUse(of: workspace) }
        guard let instance = instances[workspace.id] else { return lookAtMissing(workspace) }
        switch (instance.state, workspace.phase) {
        case (.exited(let code, let because), _): return takeDown(workspace, .exited(code: code, because: because))
        case (.paused, .ready): plan.actions.append(.thaw(workspace.id))
        case (.running, .paused): plan.actions.append(.freeze(workspace.id))
        default:
            let moved =
                instance.endpoint != nil
                && (instance.endpoint != workspace.endpoint || instance.extraEndpoints != workspace.extraEndpoints)
            if workspace.phase == .ready, moved {
                plan.actions.append(.readdress(instance))
            } else if workspace.phase == .ready, workspace.owner != nil, workspace.handedOverAt == nil {
                plan.actions.append(.handOver(workspace.id))
            } else if workspace.isOpen,
                observed.published[workspace.id] != PublishedRoute(workspace, rules: rules.generation)
            {
                plan.actions.append(.publish(workspace.id))
            }
        }
        lookAtUse(of: workspace)
    }

    /// One listing without it may be the engine's mistake.
    private mutating func lookAtMissing(_ workspace: Workspace) {
        let since = observed.notes[workspace.id]?.missingSince ?? now
        plan.missing[workspace.id] = since
        guard now - since < pacing.lossGrace else {
            return takeDown(workspace, .lost(missingFor: now - since))
        }
        plan.wake(at: since + pacing.lossGrace)
    }

    private mutating func lookAtUse(of workspace: Workspace) {
        guard workspace.isOpen, let claimedAt = workspace.claimedAt else { return }
        let app = rules.known(workspace).app
        if let lifetime = app.lifetime {
            guard now - claimedAt < lifetime else { return takeDown(workspace, .lifetime(lifetime)) }
            plan.wake(at: claimedAt + lifetime)
        }
        guard workspace.phase == .ready else { return }
        let inputs = IdleInputs(workspace, app: app, observed: observed, pacing: pacing, now: now)
        let verdict = IdleVerdict(inputs)
        plan.standing[workspace.id] = verdict
        switch verdict {
        case .cull(let because):
            if app.idle.then == .pause, observed.abilities.pause {
                plan.actions.append(.pause(workspace.id, because: because))
            } else {
                takeDown(workspace, .idle(because: because))
            }
        case .keep(_, _, let until):
            if let until { plan.wake(at: until) }
            askIfDue(workspace, app, inputs)
        }
    }

    private mutating func askIfDue(_ workspace: Workspace, _ app: App, _ inputs: IdleInputs) {
        guard app.idle.busy.probe != nil, app.idle.after != nil else { return }
        let every = IdleInputs.askEvery(app.idle)
        let askedAt = observed.notes[workspace.id]?.askedAt
        let due = max(inputs.lastActiveAt + every, askedAt.map { $0 + every } ?? inputs.lastActiveAt)
        if due <= now { plan.actions.append(.askBusy(workspace.id)) } else { plan.wake(at: due) }
    }

    private mutating func takeDown(_ workspace: Workspace, _ ending: Ending) {
        plan.actions.append(.takeDown(workspace.id, ending))
    }

    /// Ours by its label, and nobody wants it: the store ended it, or never knew it.
    private mutating func destroyStrays(_ wanted: [Workspace]) {
        guard let instances = observed.instances else { return }
        var strays = Set(instances.keys)
        for workspace in wanted where workspace.phase != .queued { strays.remove(workspace.id) }
        for id in strays.subtracting(observed.touched).subtracting(observed.unreadable).sorted() {
            if let heldUntil = observed.notes[id]?.heldUntil, heldUntil > now {
                plan.wake(at: heldUntil)
            } else {
                plan.actions.append(.destroyStray(id))
            }
        }
    }

    private mutating func withdrawStale(_ wanted: [Workspace]) {
        var stale = Set(observed.published.keys)
        for workspace in wanted where workspace.isOpen { stale.remove(workspace.id) }
        for id in stale.subtracting(observed.touched).sorted() { plan.actions.append(.withdraw(id)) }
    }

    private mutating func fillPools(of engine: EngineName) {
        let retired = Set(pools.keys).subtracting(rules.order).sorted()
        let outdated = Set((observed.instances ?? [:]).values.lazy.filter(\.isOutdated).map(\.workspace))
        for id in rules.order + retired {
            // An app that moved to another engine is gone from this one.
            let entry = rules.current(id).flatMap { $0.app.engine == engine ? $0 : nil }
            guard entry != nil || pools[id] != nil else { continue }
            let pool = pools[id] ?? PoolPicture()
            let canSpare = entry.map { observed.abilities.canSpare($0.app) } ?? false
            let decision = PoolDecision(
                pool,
                policy: entry?.app.pool ?? PoolPolicy(),
                wanted: canSpare ? entry?.app.pool.spares ?? 0 : 0,
                definition: entry?.definition ?? "",
                outdated: outdated,
                failures: observed.failures[id] ?? StartFailures(),
                budget: observed.instances == nil ? 0 : budget.spares,
                now: now
            )
            carryOut(decision, for: id, definition: entry?.definition, pool)
        }
    }

    private mutating func carryOut(
        _ decision: PoolDecision,
        for app: AppID,
        definition: String?,
        _ pool: PoolPicture
    ) {
        if let definition {
            plan.actions += decision.admit.map { .admit($0, definition: definition) }
        } else {
            plan.actions += pool.queued.map { .takeDown($0.id, .failed("The app is no longer offered.")) }
        }
        plan.actions += decision.letGo.sorted { $0.key < $1.key }
            .filter { !observed.touched.contains($0.key) }
            .map { .takeDown($0.key, .replaced(because: $0.value)) }
        plan.actions += Array(repeating: .addSpare(app), count: decision.start)
        budget.spares -= decision.start
        if let wakeAt = decision.wakeAt { plan.wake(at: wakeAt) }
    }
}

/// How many more may start now. Those that somebody waits for don't wait for spares.
private struct StartBudget {
    var spares: Int
    var owned: Int

    init(startsAtOnce: Int) {
        spares = startsAtOnce
        owned = startsAtOnce
    }

    mutating func note(_ workspace: Workspace) {
        if workspace.owner == nil { spares -= 1 } else { owned -= 1 }
    }

    mutating func take(_ workspace: Workspace) -> Bool {
        let left = workspace.owner == nil ? spares : owned
        if left > 0 { note(workspace) }
        return left > 0
    }
}

extension IdleInputs {
    init(_ workspace: Workspace, app: App, observed: Observed, pacing: Pacing, now: Timestamp) {
        let notes = observed.notes[workspace.id] ?? WorkspaceNotes()
        let moments = [
            workspace.lastActiveAt, workspace.handedOverAt, workspace.claimedAt,
            observed.traffic[workspace.id]?.lastActiveAt,
        ]
        self.init(
            policy: app.idle,
            now: now,
            lastActiveAt: moments.compactMap { $0 }.max() ?? workspace.createdAt,
            computedAt: notes.computedAt,
            computed: notes.computed,
            cpu: notes.cpu.mean(over: app.idle.busy.over, now: now),
            cpuCounts: app.idle.busy.cpu != nil && observed.abilities.stats,
            busy: notes.busy,
            watchedSince: notes.watchedSince ?? now,
            doubt: pacing.doubt
        )
    }
}
