import CarrelCore
import Logging

/// Keeps one engine's workspaces as the store wants them, and the engine's spares filled. Listing is the truth, events
/// are hints. Every slow call is a child task of the loop: neither the next pass nor another workspace waits for it.
actor EngineLoop {
    /// A child task of the loop.
    typealias Job = @Sendable () async -> Void

    private struct Listing {
        let mark: Turns.Mark
        let instances: Result<[Instance], any Error>
    }

    let engine: any Engine
    let around: Surroundings
    let hands: Hands
    let poked: Signal
    let hurried: Signal
    private let listed = Signal()
    private var isListing = false
    /// Whether the engine did when it was listed last.
    private var answers = false
    private var listing: Listing?
    /// Workspaces for which a job is on its way.
    var busy: Set<WorkspaceID> = []
    var leaving: Set<WorkspaceID> = []
    /// What their start needs is being fetched.
    var preparing: Set<WorkspaceID> = []
    var awaited: Set<WorkspaceID> = []
    /// Started, and not yet asked whether they answer.
    var started: [WorkspaceID: Instance] = [:]
    var asking: Set<WorkspaceID> = []
    var notes: [WorkspaceID: WorkspaceNotes] = [:]
    var failures: [AppID: StartFailures] = [:]
    var standing: [WorkspaceID: IdleVerdict] = [:]
    var recorded: [WorkspaceID: RecordedVerdict] = [:]
    var activityWrittenAt: Timestamp?
    var writtenActivity: [WorkspaceID: Timestamp] = [:]
    var measuredAt: Timestamp?
    var isMeasuring = false
    var isRefreshing = false
    var isMakingAhead = false
    /// Open after the first pass: every workspace that was open before is reached again.
    nonisolated let settled = Latch()

    init(_ engine: any Engine, _ around: Surroundings, poked: Signal, hurried: Signal) {
        self.engine = engine
        self.around = around
        self.poked = poked
        self.hurried = hurried
        hands = Hands(around: around)
    }

    /// Until the task is cancelled; then it waits for what is under way.
    func run() async {
        guard await prepare() else { return }
        await withDiscardingTaskGroup { group in
            if let events = around.engines.ifPrepared(engine.name)?.can.events {
                group.addTask { for await _ in events.events() { self.poked.set() } }
            }
            if let preparing = around.engines.ifPrepared(engine.name)?.can.preparing {
                group.addTask { for await step in preparing.preparations() { await self.tell(step) } }
            }
            while !Task.isCancelled {
                let began = around.clock.now()
                func launch(_ job: @escaping Job) { group.addTask { await job() } }
                if let job = beginListing() {
                    launch(job)
                    await wait(for: listed, until: began + around.pacing.listingPatience, launch)
                }
                let wakeAt = await pass(over: listing.take(), launch)
                settled.open()
                await wait(until: began + around.pacing.passSpacing, launch)
                await wait(for: poked, until: wakeAt, launch)
            }
            group.cancelAll()
        }
    }

    /// Returns when the signal is set, at `deadline` at the latest, or when the task is cancelled. Meanwhile what somebody
    /// waits for is started: the store knows all that is needed for it, and a look at the engine takes its time.
    private func wait(for signal: Signal? = nil, until deadline: Timestamp, _ launch: (@escaping Job) -> Void) async {
        let signals = [hurried] + (signal.map { [$0] } ?? [])
        while !Task.isCancelled, around.clock.now() < deadline {
            let set = await Signal.wait(for: signals, until: deadline, on: around.clock)
            if set.contains(0) {
                // Else the next pass sees what there is to do.
                if settled.isOpen, answers { await startClaimed(launch) } else { poked.set() }
            }
            if set != [0] { return }
        }
    }

    /// Only what claims made, and only where the engine answered when it was asked last.
    private func startClaimed(_ launch: (@escaping Job) -> Void) async {
        do {
            var rows = try await around.store.living()
            rows.removeAll { $0.engine != engine.name || $0.phase != .starting }
            var observed = Observed()
            observed.touched = busy
            observed.leaving = leaving
            observed.preparing = preparing
            observed.notes = notes
            let starts = Planner.starts(
                wanted: rows,
                observed: observed,
                rules: around.rules.now,
                pacing: around.pacing,
                now: around.clock.now()
            )
            for action in starts { try await carryOut(action, launch) }
        } catch {
            if !(error is CancellationError) { around.logger.error("starting on \(engine.name) failed: \(error)") }
            poked.set()
        }
    }

    /// An engine that can't run here is tried again, further off each time. False when cancelled meanwhile.
    private func prepare() async -> Bool {
        var pause = around.pacing.backoffBase
        while !Task.isCancelled {
            do {
                try await around.engines.prepare(engine)
                return true
            } catch {
                around.logger.error("engine \(engine.name) is not ready: \(error)")
                try? await around.clock.sleep(until: around.clock.now() + pause)
                pause = min(pause * 2, .seconds(60))
            }
        }
        return false
    }

    /// Nil while an earlier one is still under way.
    private func beginListing() -> Job? {
        guard !isListing else { return nil }
        isListing = true
        let mark = around.turns.mark()
        return { [engine] in
            let result: Result<[Instance], any Error>
            do { result = .success(try await engine.instances()) } catch { result = .failure(error) }
            await self.endListing(Listing(mark: mark, instances: result))
        }
    }

    private func endListing(_ listing: Listing) {
        isListing = false
        self.listing = listing
        answers = (try? listing.instances.get()) != nil
        around.engines.listed(engine.name, listing.instances.map(\.count))
        if case .failure(let error) = listing.instances, !(error is CancellationError) {
            around.logger.warning("engine \(engine.name) can't list its instances: \(error)")
        }
        listed.set()
    }

    /// One look and what follows from it. Returns when to look again.
    private func pass(over listing: Listing?, _ launch: (@escaping Job) -> Void) async -> Timestamp {
        let latest = around.clock.now() + around.pacing.passInterval
        do {
            var rows = try await around.store.living()
            rows.removeAll { $0.engine != engine.name }
            let touched = listing.map { around.turns.touched(since: $0.mark) } ?? []
            let observed = try await observe(rows, listing: listing, touched: touched)
            if let job = beginMeasuring(rows) { launch(job) }
            if let job = beginRefreshing() { launch(job) }
            if let job = beginMakingAhead() { launch(job) }
            let plan = Planner.plan(
                wanted: rows,
                observed: observed,
                rules: around.rules.now,
                engine: engine.name,
                pacing: around.pacing,
                now: around.clock.now()
            )
            noteMissing(plan.missing)
            standing = plan.standing
            try await recordVerdicts(rows, observed)
            let actions = settled.isOpen ? plan.actions : await publishedFirst(plan.actions)
            for action in actions { try await carryOut(action, launch) }
            await tellWatchers()
            return min(latest, plan.wakeAt ?? latest)
        } catch {
            if !(error is CancellationError) { around.logger.error("a pass over \(engine.name) failed: \(error)") }
            return latest
        }
    }

    private func observe(
        _ rows: [Workspace],
        listing: Listing?,
        touched: Set<WorkspaceID>
    ) async throws -> Observed {
        let traffic = await around.routes.traffic()
        try await recordActivity(rows, traffic)
        keepNotes(rows)
        var observed = Observed()
        if let instances = try? listing?.instances.get() {
            observed.instances = Dictionary(instances.map { ($0.workspace, $0) }) { first, _ in first }
            let known = Set(rows.map(\.id))
            if instances.contains(where: { !known.contains($0.workspace) }) {
                observed.unreadable = Set(try await around.store.unreadable().compactMap { WorkspaceID($0) })
            }
        }
        observed.touched = touched.union(busy)
        observed.leaving = leaving
        observed.preparing = preparing
        observed.awaited = awaited
        observed.notes = notes
        observed.traffic = traffic
        observed.published = around.routes.published(on: engine.name)
        observed.failures = failures
        observed.abilities = around.engines.ifPrepared(engine.name)?.abilities ?? EngineAbilities()
        return observed
    }

    private func keepNotes(_ rows: [Workspace]) {
        let now = around.clock.now()
        let living = Set(rows.map(\.id))
        // A stray has no row; its held note goes when its time has come.
        notes.remove { !living.contains($0) && ($1.heldUntil ?? now) <= now }
        recorded.remove { id, _ in !living.contains(id) }
        writtenActivity.remove { id, _ in !living.contains(id) }
        awaited.formIntersection(rows.lazy.filter { $0.phase == .starting }.map(\.id))
        for row in rows where row.isOpen {
            if notes[row.id]?.watchedSince == nil { notes[row.id, default: WorkspaceNotes()].watchedSince = now }
        }
        for row in rows {
            guard let readyAt = row.readyAt else { continue }
            failures[row.app]?.settle(readyAt: readyAt, now: now, pacing: around.pacing)
        }
    }

    private func noteMissing(_ missing: [WorkspaceID: Timestamp]) {
        for (id, note) in notes where note.missingSince != missing[id] { notes[id]?.missingSince = missing[id] }
        for (id, since) in missing where notes[id] == nil { notes[id] = WorkspaceNotes(missingSince: since) }
    }

    /// Queue positions and what other processes changed.
    private func tellWatchers() async {
        for id in around.progress.watched {
            guard let row = try? await around.store.workspace(id), row.engine == engine.name else { continue }
            let position = row.phase == .queued ? (try? await around.store.queuePosition(id)) ?? nil : nil
            around.progress.announce(row, position: position)
        }
    }

    func failure(of app: AppID) -> String? {
        let spares = around.rules.now.current(app)?.app.pool.spares ?? 0
        return failures[app]?.forOperators(now: around.clock.now(), hasSpares: spares > 0)
    }

    func verdict(_ id: WorkspaceID) -> IdleVerdict? { standing[id] }
}

extension Dictionary {
    /// In its place: a filtered copy of ten thousand entries at each pass is memory that lies about afterwards.
    fileprivate mutating func remove(where isGone: (Key, Value) -> Bool) {
        for key in filter(isGone).keys { self[key] = nil }
    }
}
