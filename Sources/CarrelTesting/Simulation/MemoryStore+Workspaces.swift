public import CarrelCore

extension MemoryStore {
    public func claim(_ request: ClaimRequest, by actor: Actor, at now: Timestamp) async throws -> Claim {
        try transact("claim") { content in
            let living = content.living
            let mine = living.filter { $0.owner == request.user && $0.app == request.app }
            if let own = mine.first(where: { $0.name == request.name }) { return .existing(own) }
            if let limit = request.maxPerMember, mine.count >= limit {
                throw CarrelError(.limitReached, "You have as many workspaces of this app as it allows (\(limit)).")
            }
            try content.requireUser(request.user)
            let ofApp = living.filter { $0.app == request.app }
            if ofApp.contains(where: { $0.phase == .queued }) {
                return .queued(content.make(request, .queued, by: actor, at: now))
            }
            if request.maySpare, let spare = Self.bestSpare(ofApp, request.definition),
                let claimed = spare.claimed(by: request.user, name: request.name, at: now)
            {
                content.workspaces[claimed.id] = claimed
                content.note("workspace.claimed", claimed, by: actor, at: now)
                return claimed.phase == .ready ? .spare(claimed) : .starting(claimed)
            }
            let hasRoom = request.maxLiving.map { ofApp.count < $0 } ?? true
            let made = content.make(request, hasRoom ? .starting : .queued, by: actor, at: now)
            return hasRoom ? .created(made) : .queued(made)
        }
    }

    /// Ready before starting, the current definition before others, older before younger.
    private static func bestSpare(_ workspaces: [Workspace], _ definition: String) -> Workspace? {
        let spares = workspaces.filter(\.isSpare)
        for phase in [Phase.ready, .starting] {
            let these = spares.filter { $0.phase == phase }
            if let best = these.first(where: { $0.definition == definition }) ?? these.first { return best }
        }
        return nil
    }

    public func addSpare(_ workspace: Workspace, maxLiving: Int?, at now: Timestamp) async throws -> Bool {
        guard workspace.owner == nil, workspace.phase == .starting else {
            throw CarrelError(.invalid, "A spare has no owner, and begins by starting.", detail: "\(workspace.id)")
        }
        return try transact("addSpare") { content in
            let living = content.livingIDs.count { content.workspaces[$0]?.app == workspace.app }
            if let maxLiving, living >= maxLiving { return false }
            guard content.workspaces[workspace.id] == nil else {
                throw CarrelError(.conflict, "There is a workspace with this id already.")
            }
            content.insert(workspace)
            content.note("workspace.added", workspace, by: .hub, at: now)
            return true
        }
    }

    public func apply(
        _ change: WorkspaceChange,
        to id: WorkspaceID,
        by actor: Actor,
        at now: Timestamp
    ) async throws -> Workspace {
        try transact("apply \(change.verb)") { content in
            guard let row = content.workspaces[id] else {
                throw CarrelError(.notFound, "There is no such workspace.")
            }
            let next: Workspace
            do { next = try row.applying(change, at: now) } catch {
                throw CarrelError(.conflict, "The workspace is \(row.phase.rawValue).", cause: error)
            }
            guard next != row else { return next }
            content.workspaces[id] = next
            if !next.phase.isLiving, content.livingIDs.remove(id) != nil {
                content.next += 1
                content.endOrder[id] = content.next
            }
            if let entry = RecordEntry.of(change, from: row, to: next, by: actor, at: now) { content.append(entry) }
            return next
        }
    }

    public func recordActivity(_ moments: [WorkspaceID: Timestamp]) async throws {
        try transact("recordActivity") { content in
            for (id, moment) in moments where content.livingIDs.contains(id) {
                content.workspaces[id] = content.workspaces[id]?.active(at: moment)
            }
        }
    }

    public func workspace(_ id: WorkspaceID) async throws -> Workspace? {
        try transact("workspace") { $0.workspaces[id] }
    }

    public func living() async throws -> [Workspace] { try transact("living") { $0.living } }

    public func workspaces(of user: UserID, endedLimit: Int) async throws -> [Workspace] {
        try transact("workspaces") { content in
            let mine = content.workspaces.values.filter { $0.owner == user }
            let ended = content.lastEndedFirst(mine.filter { !$0.phase.isLiving }).prefix(max(0, endedLimit))
            return content.newestFirst(mine.filter(\.phase.isLiving)) + ended
        }
    }

    public func ended(limit: Int) async throws -> [Workspace] {
        try transact("ended") { content in
            let ended = content.workspaces.values.filter { !$0.phase.isLiving }
            return Array(content.lastEndedFirst(ended).prefix(max(0, limit)))
        }
    }

    public func usage(from: Timestamp, to: Timestamp) async throws -> [Usage] {
        try transact("usage") { content in
            var sum = UsageSum(from: from, to: to)
            for workspace in content.workspaces.values { sum.add(workspace) }
            return sum.usages
        }
    }

    public func unreadable() async throws -> [String] { try transact("unreadable") { $0.unreadable } }

    public func queuePosition(_ id: WorkspaceID) async throws -> Int? {
        try transact("queuePosition") { content in
            guard let row = content.workspaces[id], row.phase == .queued else { return nil }
            let queue = content.living.filter { $0.app == row.app && $0.phase == .queued }
            return queue.firstIndex { $0.id == id }.map { $0 + 1 }
        }
    }

    public func addDecision(_ decision: Decision) async throws {
        try transact("addDecision") { content in
            let same = content.decisions.lastIndex {
                $0.workspace == decision.workspace && $0.user == decision.user && $0.app == decision.app
                    && $0.verdict == decision.verdict && $0.because == decision.because
            }
            if let same { content.decisions.remove(at: same) }
            content.decisions.append(decision)
        }
    }

    public func decisions(workspace: WorkspaceID, limit: Int) async throws -> [Decision] {
        try transact("decisions") { content in
            Array(content.decisions.reversed().filter { $0.workspace == workspace }.prefix(max(0, limit)))
        }
    }

    public func decisions(user: UserID, limit: Int) async throws -> [Decision] {
        try transact("decisions") { content in
            Array(content.decisions.reversed().filter { $0.user == user }.prefix(max(0, limit)))
        }
    }
}

extension MemoryStore.Memory.Content {
    /// Oldest first.
    var living: [Workspace] {
        livingIDs.compactMap { workspaces[$0] }.sorted { (order[$0.id] ?? 0) < (order[$1.id] ?? 0) }
    }

    func newestFirst(_ some: some Sequence<Workspace>) -> [Workspace] {
        some.sorted { (order[$0.id] ?? 0) > (order[$1.id] ?? 0) }
    }

    func lastEndedFirst(_ some: some Sequence<Workspace>) -> [Workspace] {
        some.sorted { (endOrder[$0.id] ?? 0) > (endOrder[$1.id] ?? 0) }
    }

    mutating func insert(_ workspace: Workspace) {
        next += 1
        workspaces[workspace.id] = workspace
        order[workspace.id] = next
        livingIDs.insert(workspace.id)
    }

    mutating func make(_ request: ClaimRequest, _ phase: Phase, by actor: Actor, at now: Timestamp) -> Workspace {
        let made = Workspace(
            id: request.newID,
            app: request.app,
            engine: request.engine,
            definition: request.definition,
            token: request.newToken,
            owner: request.user,
            name: request.name,
            phase: phase,
            createdAt: now,
            predecessor: request.predecessor
        )
        insert(made)
        note("workspace.claimed", made, by: actor, at: now)
        return made
    }

    mutating func note(_ kind: String, _ row: Workspace, by actor: Actor, at now: Timestamp) {
        var details = ["app": row.app.description]
        if let reason = row.reason { details["reason"] = reason.description }
        append(
            RecordEntry(at: now, kind: kind, actor: actor, workspace: row.id, user: row.owner, details: details)
        )
    }
}
