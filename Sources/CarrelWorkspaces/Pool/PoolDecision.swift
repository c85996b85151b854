import CarrelCore

/// One app's workspaces as the pool sees them, collected in one walk over all of them.
struct PoolPicture: Sendable {
    var queued: [Workspace] = []
    /// Everything living but the queue: what `max` counts.
    var taken = 0
    var ready: [Workspace] = []
    var starting: [Workspace] = []
    /// Spares on their way out.
    var leaving = 0

    mutating func add(_ workspace: Workspace, isLeaving: Bool) {
        guard workspace.phase != .queued else { return queued.append(workspace) }
        taken += 1
        guard workspace.owner == nil else { return }
        switch workspace.phase {
        case .ready where !isLeaving: ready.append(workspace)
        case .starting where !isLeaving: starting.append(workspace)
        default: leaving += 1
        }
    }
}

/// What a pool needs: how many to admit and to start, and which spares to let go.
struct PoolDecision: Hashable, Sendable {
    var admit: [WorkspaceID] = []
    var start = 0
    var letGo: [WorkspaceID: String] = [:]
    var wakeAt: Timestamp?

    /// `wanted` is 0 where the app can't have spares. `budget`: how many spares the engine may start now.
    init(
        _ pool: PoolPicture,
        policy: PoolPolicy,
        wanted: Int,
        definition: String,
        outdated: Set<WorkspaceID> = [],
        failures: StartFailures,
        budget: Int,
        now: Timestamp
    ) {
        let room = policy.max.map { $0 - pool.taken } ?? Int.max
        admit = pool.queued.prefix(max(0, room)).map(\.id)
        let waiting = pool.queued.count - admit.count
        if waiting > 0 || room < 0 {
            makeRoom(waiting > 0 ? waiting - min(0, room) : -room, in: pool)
        }
        guard pool.queued.isEmpty else { return }
        let stale = Staleness(definition: definition, outdated: outdated, maxAge: policy.maxAge, now: now)
        let old = pool.ready.filter { stale.reason($0) != nil }
        let fresh = pool.ready.filter { stale.reason($0) == nil && letGo[$0.id] == nil }
        var coming: [Workspace] = []
        for spare in pool.starting where letGo[spare.id] == nil {
            // Nobody can be given this one yet, so nothing is lost.
            if let reason = stale.reason(spare) { letGo[spare.id] = reason } else { coming.append(spare) }
        }
        dropExcess(fresh, coming, wanted: wanted)
        replace(old, fresh: fresh.count, coming: coming.count, leaving: pool.leaving, wanted: wanted, room: room, stale)
        count(old: old.count, fresh: fresh.count, coming: coming.count, wanted: wanted, room: room)
        start = min(start, max(0, budget))
        hold(failures, coming: coming.count, now: now)
        if let maxAge = policy.maxAge {
            for spare in fresh { wake(at: (spare.readyAt ?? spare.createdAt) + maxAge) }
        }
    }

    /// Somebody waits, or there are too many: spares go first.
    private mutating func makeRoom(_ needed: Int, in pool: PoolPicture) {
        for spare in (pool.starting + pool.ready).prefix(max(0, needed - pool.leaving)) {
            letGo[spare.id] = "to make room"
        }
    }

    private mutating func dropExcess(_ fresh: [Workspace], _ coming: [Workspace], wanted: Int) {
        let excess = fresh.count + coming.count - wanted
        guard excess > 0 else { return }
        for spare in (coming.reversed() + fresh).prefix(excess) { letGo[spare.id] = "more spares than wanted" }
    }

    /// One at a time, and only while the ready ones without it are enough; where `max` leaves no room to start the
    /// new one first, the old one goes first.
    private mutating func replace(
        _ old: [Workspace],
        fresh: Int,
        coming: Int,
        leaving: Int,
        wanted: Int,
        room: Int,
        _ stale: Staleness
    ) {
        guard let oldest = old.first(where: { letGo[$0.id] == nil }), leaving == 0 else { return }
        let isSpared = old.count + min(fresh, wanted) > wanted
        let hasNoRoom = room <= 0 && coming == 0
        if isSpared || hasNoRoom { letGo[oldest.id] = stale.reason(oldest) }
    }

    private mutating func count(old: Int, fresh: Int, coming: Int, wanted: Int, room: Int) {
        let gap = wanted - old - fresh - coming
        let replacement = old > 0 && coming == 0 && fresh < wanted ? 1 : 0
        start = min(max(gap, replacement), max(0, room))
    }

    /// A failing app is tried again with one spare, and not before its time.
    private mutating func hold(_ failures: StartFailures, coming: Int, now: Timestamp) {
        guard start > 0, failures.isFailing else { return }
        if let next = failures.nextTryAt, next > now {
            start = 0
            wake(at: next)
        } else {
            start = coming == 0 ? 1 : 0
        }
    }

    private mutating func wake(at moment: Timestamp) { wakeAt = min(moment, wakeAt ?? moment) }
}

/// Why a spare is no longer what the configuration asks for.
private struct Staleness {
    let definition: String
    /// Their image's name means another image by now.
    let outdated: Set<WorkspaceID>
    let maxAge: Duration?
    let now: Timestamp

    func reason(_ spare: Workspace) -> String? {
        if spare.definition != definition { return "the app's definition changed" }
        if outdated.contains(spare.id) { return "there is a newer image of the app" }
        if let maxAge, let readyAt = spare.readyAt, now - readyAt >= maxAge {
            return "older than \(maxAge.forPeople)"
        }
        return nil
    }
}
