import CarrelCore
import Logging

extension EngineLoop {
    /// Does at once what only the store has to know, and launches what the engine or the app has a part in.
    func carryOut(_ action: Action, _ launch: (@escaping Job) -> Void) async throws {
        switch action {
        case .addSpare(let app): try await addSpare(app, launch)
        case .admit(let id, let definition):
            try await hands.admit(id, definition: definition)
            hurried.set()
            poked.set()
        case .start(let id): launchStart(id, launch)
        case .awaitReady(let instance):
            awaited.insert(instance.workspace)
            launch { await self.guarded(instance.workspace) { try await self.awaitReady(instance) } }
        case .handOver(let id):
            launchJob(id, launch) {
                do { _ = try await self.hands.handOver(id) } catch let failure as HandoverFailed {
                    try await self.hands.takeDown(id, .failed(failure.sentence))
                }
            }
        case .readdress(let instance):
            launchJob(instance.workspace, launch) { try await self.hands.readdress(instance) }
        case .publish(let id): launchJob(id, launch) { try await self.hands.publish(id) }
        case .withdraw(let id): launchJob(id, launch) { try await self.hands.withdraw(id) }
        case .takeDown(let id, let ending):
            leaving.insert(id)
            launchJob(id, launch) { try await self.takeDown(id, ending) }
        case .destroyStray(let id):
            launchJob(id, launch) { try await self.hands.destroyStray(id, on: self.engine.name) }
        case .pause(let id, let because):
            launchJob(id, launch) { try await self.hands.pauseIdle(id, because: because) }
        case .freeze(let id), .thaw(let id): launchJob(id, launch) { try await self.hands.settlePause(id) }
        case .askBusy(let id):
            guard asking.insert(id).inserted else { return }
            notes[id, default: WorkspaceNotes()].askedAt = around.clock.now()
            launch { await self.ask(id) }
        }
    }

    /// Nobody is let in before the first pass is over: its routes are waited for, many at a time. Returns what is left to do.
    func publishedFirst(_ actions: [Action]) async -> [Action] {
        var rest: [Action] = []
        var routes: [WorkspaceID] = []
        for action in actions {
            if case .publish(let id) = action { routes.append(id) } else { rest.append(action) }
        }
        await withTaskGroup(of: Void.self) { group in
            for (index, id) in routes.enumerated() {
                if index >= Self.publishedAtOnce { await group.next() }
                group.addTask { await self.guarded(id) { try await self.hands.publish(id) } }
            }
        }
        return rest
    }

    private static let publishedAtOnce = 64

    /// Until it is done, no pass decides anything about the workspace.
    private func launchJob(
        _ id: WorkspaceID,
        _ launch: (@escaping Job) -> Void,
        _ body: @escaping @Sendable () async throws -> Void
    ) {
        busy.insert(id)
        launch {
            await self.guarded(id, body)
            await self.done(id)
        }
    }

    func done(_ id: WorkspaceID) {
        busy.remove(id)
        leaving.remove(id)
    }

    /// What failed is left alone for a while, longer each time, and then tried again.
    func guarded(_ id: WorkspaceID, _ body: @Sendable () async throws -> Void) async {
        do {
            try await body()
            notes[id]?.failedInARow = 0
            notes[id]?.heldUntil = nil
        } catch is CancellationError {
            return
        } catch {
            let now = around.clock.now()
            let failed = notes[id]?.failedInARow ?? 0
            let pause = min(around.pacing.backoffBase * (1 << min(failed, 10)), .seconds(60))
            notes[id, default: WorkspaceNotes()].failedInARow = failed + 1
            notes[id, default: WorkspaceNotes()].heldUntil = now + pause
            around.logger.warning("workspace \(id): \(error); trying again in \(pause.forPeople)")
        }
    }

    private func addSpare(_ id: AppID, _ launch: (@escaping Job) -> Void) async throws {
        guard let entry = around.rules.now.current(id) else { return }
        let spare = Workspace(
            id: around.random.workspaceID(),
            app: id,
            engine: engine.name,
            definition: entry.definition,
            token: around.random.token(),
            phase: .starting,
            createdAt: around.clock.now()
        )
        let max = entry.app.pool.max
        guard try await around.store.addSpare(spare, maxLiving: max, at: around.clock.now()) else { return }
        launchStart(spare.id, launch)
    }

    /// Tells the engine, then waits for the app's answer; that part leaves the workspace free to be taken down.
    private func launchStart(_ id: WorkspaceID, _ launch: (@escaping Job) -> Void) {
        busy.insert(id)
        launch {
            guard await self.isPrepared(id) else { return }
            await self.guarded(id) { try await self.start(id) }
            await self.done(id)
            guard let instance = await self.takeStarted(id) else { return }
            await self.guarded(id) { try await self.awaitReady(instance) }
        }
    }

    private func start(_ id: WorkspaceID) async throws {
        do {
            guard let instance = try await hands.start(id), instance.endpoint != nil else { return }
            started[id] = instance
            awaited.insert(id)
        } catch let error as CarrelError where error.code == .appFailed || error.code == .engineFailed {
            around.logger.warning("workspace \(id) did not start: \(error)")
            try await takeDown(id, .failed(error.message), detail: error.detail)
        }
    }

    private func awaitReady(_ instance: Instance) async throws {
        let id = instance.workspace
        defer { awaited.remove(id) }
        let answers = try await hands.awaitAnswer(instance) { await self.isAwaited(id) }
        guard answers else { return }
        do {
            try await hands.becameReady(instance)
        } catch let failure as HandoverFailed {
            try await hands.takeDown(id, .failed(failure.sentence))
        }
        poked.set()
    }

    private func takeStarted(_ id: WorkspaceID) -> Instance? { started.removeValue(forKey: id) }

    private func isAwaited(_ id: WorkspaceID) -> Bool { awaited.contains(id) }

    /// `detail`: what more an operator should know of a failure.
    func takeDown(_ id: WorkspaceID, _ ending: Ending, detail: String? = nil) async throws {
        awaited.remove(id)
        let before = try await around.store.workspace(id)
        do {
            guard try await hands.takeDown(id, ending) else { return }
        } catch {
            noteFailure(before, ending, detail)
            throw error
        }
        noteFailure(before, ending, detail)
        poked.set()
    }

    /// Starts that fail, and spares that do not last, make the app's next spares wait.
    private func noteFailure(_ row: Workspace?, _ ending: Ending, _ detail: String?) {
        guard let row else { return }
        let now = around.clock.now()
        let lasted = row.readyAt.map { now - $0 >= around.pacing.stableAfter } ?? false
        guard ending.verdict == .failed || ending.verdict == .lost, row.handedOverAt == nil, !lasted else { return }
        let title = around.rules.now.known(row).app.title
        let sentence =
            switch ending {
            case .failed(let sentence): detail.map { "\(sentence) (\($0))" } ?? sentence
            case .exited(_, let because?): "\(title): \(because)"
            case .exited(let code, nil): "\(title) exited" + (code.map { " with code \($0)" } ?? "")
            case .neverReady(let within): "\(title) did not answer within \(within.forPeople)"
            default: "\(title) was lost"
            }
        failures[row.app, default: StartFailures()].record(
            sentence,
            startedAt: row.createdAt,
            now: now,
            pacing: around.pacing,
            jitter: around.random.fraction()
        )
    }

    private func ask(_ id: WorkspaceID) async {
        defer { asking.remove(id) }
        guard let row = try? await around.store.workspace(id), row.isOpen, let endpoint = row.endpoint else { return }
        let rules = around.rules.now
        let app = rules.known(row).app
        guard let probe = app.idle.busy.probe, let owner = try? await hands.owner(of: row) else { return }
        let answer = await around.probe.get(
            endpoint,
            path: row.appPath(probe.path, app.prefix, sites: rules.sites),
            headers: app.routeHeaders(row, owner: owner, sites: rules.sites),
            within: .seconds(5)
        )
        guard !Task.isCancelled else { return }
        let now = around.clock.now()
        let reading = BusyReading(BusyAnswer(answer, probe: probe), at: now, after: notes[id]?.busy)
        notes[id]?.busy = reading
        if case .busy(let what) = reading.answer {
            notes[id]?.computedAt = now
            notes[id]?.computed = what
        }
        poked.set()
    }
}
