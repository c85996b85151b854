import CarrelCore
import Logging

/// Gives workspaces to members.
struct Claims: Sendable {
    let around: Surroundings
    let hands: Hands

    init(_ around: Surroundings) {
        self.around = around
        hands = Hands(around: around)
    }

    func claim(
        _ app: AppID,
        name: WorkspaceName,
        for user: User,
        isOperator: Bool,
        by actor: Actor
    ) async throws -> Workspace {
        let entry = try await admitted(app, user, isOperator: isOperator)
        await around.engines.waitUntilTried(entry.app.engine)
        do { try await refuseFullHome(entry.app, name: name, for: user) } catch let error as CarrelError
            where error.code == .homeFull
        {
            try await refuse(
                app,
                user,
                because: "the member's home holds as much as it may, and the file system lets it"
            )
            throw error
        }
        var request = try await request(entry, name: name, for: user)
        var made = await takeAhead(for: entry.app)
        if let made { request.newID = made }
        let deadline = around.clock.now() + around.pacing.claimPatience
        var failed: HandoverFailed?
        var attempts = 0
        while attempts < 2 {
            let (claim, commit) = try await ask(request, user, actor, madeAhead: made, for: entry.app)
            made = nil
            // Whatever becomes of this claim, even if its caller has left: a new spare, or the rest of the handover. One that
            // was made for it has its start, in a hurry: a pass would be in its way.
            defer { if case .created = claim {} else { around.poke(entry.app.engine) } }
            switch try await settle(claim, commit: commit, by: actor, until: deadline) {
            case .given(let workspace):
                try await record(claim, workspace, actor)
                return workspace
            case .failed(let failure):
                failed = failure
                attempts += 1
            case .again:
                guard around.clock.now() < deadline else {
                    throw CarrelError(.conflict, "Your former workspace is still stopping. Try again in a moment.")
                }
            }
        }
        throw CarrelError(
            .engineFailed,
            "Your workspace could not be handed over: \(failed?.sentence ?? "")",
            cause: failed?.cause
        )
    }

    private enum Outcome {
        case given(Workspace)
        case failed(HandoverFailed)
        /// It is on its way out: another claim gets another one.
        case again
    }

    /// An unknown app and one that the member may not open are told apart to nobody.
    private func admitted(_ app: AppID, _ user: User, isOperator: Bool) async throws -> Rulebook.Entry {
        let entry = around.rules.now.current(app)
        let isAdmitted = entry.map { !user.isDisabled && (isOperator || $0.app.admits(user)) } ?? false
        if let entry, isAdmitted { return entry }
        let because = entry == nil ? "there is no such app" : "the app does not admit this member"
        try await refuse(app, user, because: because)
        throw CarrelError(.notFound, "There is no such app.")
    }

    private func refuse(_ app: AppID, _ user: User, because: String) async throws {
        try await around.store.addDecision(
            Decision(
                at: around.clock.now(),
                workspace: nil,
                app: app,
                user: user.id,
                verdict: .refused,
                because: because,
                inputs: ["groups": user.groups.sorted().joined(separator: ", ")]
            )
        )
    }

    private func request(_ entry: Rulebook.Entry, name: WorkspaceName, for user: User) async throws -> ClaimRequest {
        let abilities = try around.engines.prepared(entry.app.engine).abilities
        return ClaimRequest(
            user: user.id,
            app: entry.app.id,
            name: name,
            newID: around.random.workspaceID(),
            newToken: around.random.token(),
            engine: entry.app.engine,
            definition: entry.definition,
            maySpare: abilities.canSpare(entry.app),
            maxLiving: entry.app.pool.max,
            maxPerMember: entry.app.limitPerMember,
            predecessor: try await predecessor(entry.app.id, name, of: user)
        )
    }

    /// The one that was lost or failed, if that is how their last workspace of this app and name ended.
    private func predecessor(_ app: AppID, _ name: WorkspaceName, of user: User) async throws -> WorkspaceID? {
        let earlier = try await around.store.workspaces(of: user.id, endedLimit: 10)
        guard let last = earlier.first(where: { $0.app == app && $0.name == name }), last.phase == .ended else {
            return nil
        }
        switch last.reason {
        case .lost, .failed: return last.id
        default: return nil
        }
    }

    /// The id of a new workspace of this app that will start sooner than another would; nil: none will.
    private func takeAhead(for app: App) async -> WorkspaceID? {
        await around.engines.ifPrepared(app.engine)?.can.ahead?.takeAhead(for: app)
    }

    private func ask(
        _ request: ClaimRequest,
        _ user: User,
        _ actor: Actor,
        madeAhead: WorkspaceID?,
        for app: App
    ) async throws -> (Claim, commit: Double) {
        guard let madeAhead, let ahead = around.engines.ifPrepared(app.engine)?.can.ahead else {
            return try await ask(request, user, actor)
        }
        do {
            let (claim, commit) = try await ask(request, user, actor)
            if claim.workspace.id != madeAhead {
                await ahead.returnAhead(madeAhead, of: app)
            } else if case .queued = claim {
                await ahead.forgetAhead(madeAhead)
            }
            return (claim, commit)
        } catch {
            await ahead.returnAhead(madeAhead, of: app)
            throw error
        }
    }

    private func ask(_ request: ClaimRequest, _ user: User, _ actor: Actor) async throws -> (Claim, commit: Double) {
        let watch = ContinuousClock()
        let start = watch.now
        var request = request
        do {
            // A second attempt must not use an id that the first one may have used up.
            if try await around.store.workspace(request.newID) != nil {
                request.newID = around.random.workspaceID()
                request.newToken = around.random.token()
            }
            let claim = try await around.store.claim(request, by: actor, at: around.clock.now())
            return (claim, (watch.now - start).fractionalMilliseconds)
        } catch let error as CarrelError where error.code == .limitReached {
            try await refuse(request.app, user, because: "the member has as many workspaces of the app as it allows")
            throw error
        }
    }

    private func settle(
        _ claim: Claim,
        commit: Double,
        by actor: Actor,
        until deadline: Timestamp
    ) async throws -> Outcome {
        let row = claim.workspace
        around.progress.announce(row)
        switch claim {
        case .spare:
            around.traces.begin(row.id, .spare, commit: commit)
            return try await handOver(row)
        case .starting: around.traces.begin(row.id, .starting, commit: commit)
        case .created:
            around.traces.begin(row.id, .cold, commit: commit)
            around.hurry(row.engine)
        case .queued: around.traces.begin(row.id, .queued, commit: commit)
        case .existing: return try await settleExisting(row, by: actor, until: deadline)
        }
        return .given(row)
    }

    private func settleExisting(_ row: Workspace, by actor: Actor, until deadline: Timestamp) async throws -> Outcome {
        switch row.phase {
        case .queued, .starting: return .given(row)
        case .ready:
            guard row.isOpen else { return try await handOver(row) }
            return .given(try await verified(row))
        case .paused:
            do {
                return .given(try await hands.resume(row.id, because: "its owner opened it", by: actor))
            } catch let error as CarrelError where error.code == .conflict {
                return .again
            }
        case .stopping, .ended:
            await waitForEnd(of: row.id, until: deadline)
            return .again
        }
    }

    /// After a start of carrel its address counts only once the engine has confirmed that it runs: another program may
    /// have the port by now. The first pass does that, and publishes the route.
    private func verified(_ row: Workspace) async throws -> Workspace {
        guard around.routes.published(row.id) == nil else { return row }
        return try await hands.confirm(row.id) ?? row
    }

    private func handOver(_ row: Workspace) async throws -> Outcome {
        do {
            return .given(try await hands.handOver(row.id))
        } catch let failure as HandoverFailed {
            around.logger.warning("workspace \(row.id) could not be handed over: \(failure.cause)")
            try await hands.takeDown(row.id, .failed(failure.sentence))
            return .failed(failure)
        } catch let error as CarrelError where error.code == .conflict {
            // It was taken down at the same moment.
            return .again
        }
    }

    /// Returns when it has ended or at the deadline.
    private func waitForEnd(of id: WorkspaceID, until deadline: Timestamp) async {
        let events = around.progress.watch(id)
        if let row = try? await around.store.workspace(id), row.phase == .ended { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await event in events where event.workspace.phase == .ended { return } }
            // Only cancellation ends the sleep early, and then nobody waits any more.
            group.addTask { try? await around.clock.sleep(until: deadline) }
            await group.next()
            group.cancelAll()
        }
    }

    private func record(_ claim: Claim, _ workspace: Workspace, _ actor: Actor) async throws {
        let trace = workspace.trace.map { ["attach-ms": "\($0.attach)", "commit-ms": "\($0.commit)"] } ?? [:]
        let inputs = trace.merging(["by": actor.description]) { first, _ in first }
        switch claim {
        case .existing: return
        case .spare: try await hands.decide(.given, workspace, because: "a ready spare", inputs: inputs)
        case .starting:
            try await hands.decide(.given, workspace, because: "a spare that was still starting", inputs: inputs)
        case .created: try await hands.decide(.given, workspace, because: "started for the claim", inputs: inputs)
        case .queued:
            try await hands.decide(.queued, workspace, because: "the app has no room", inputs: inputs)
        }
    }
}
