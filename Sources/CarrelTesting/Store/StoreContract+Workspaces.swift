import CarrelCore
import Testing

extension StoreContract {
    func aChangeIsAppliedAndReturned() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let ada = try await scene.member("ada")
            let id = try await scene.claim(scene.request(ada)).workspace.id
            let endpoint = Endpoint.unix(path: "/run/a")
            let extra = ["vnc": Endpoint.tcp(host: "127.0.0.1", port: 5900)]
            let trace = ClaimTrace(source: .cold, queue: 1, commit: 2.5)
            let changes: [WorkspaceChange] = [
                .started, .ready(endpoint, extra: extra), .handedOver(home: "/h/ada", trace), .paused, .resumed,
                .traced(trace), .stopping(.idle), .ended(.lost, log: "last words\n"),
            ]
            for change in changes {
                let before = try #require(try await store.workspace(id))
                let moment = scene.next()
                let after = try await store.apply(change, to: id, by: .hub, at: moment)
                let expected = try before.applying(change, at: moment)
                #expect(after == expected, "\(change.verb)")
                #expect(try await store.workspace(id) == after, "\(change.verb)")
            }
            let ended = try #require(try await store.workspace(id))
            #expect(ended.reason == .idle)
            #expect(ended.lastLog == "last words\n")
            #expect(ended.home == "/h/ada")
            #expect(ended.extraEndpoints == extra)
        }
    }

    func theSameChangeAgainChangesNothing() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let spare = try await scene.spare()
            let ended = try await scene.apply(.ended(.operator, log: "a"), to: spare.id)
            let kinds = try await scene.recorded {
                let again = try await scene.apply(.ended(.lost, log: "b"), to: spare.id)
                #expect(again == ended)
            }
            #expect(kinds == [])
            #expect(try await store.workspace(spare.id) == ended)
        }
    }

    func aChangeThatDoesNotApplyIsAConflict() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let spare = try await scene.spare()
            await expect(.conflict) { try await scene.apply(.handedOver(home: nil, nil), to: spare.id) }
            #expect(try await store.workspace(spare.id) == spare)
            await expect(.notFound) { try await scene.apply(.started, to: scene.workspaceID()) }
        }
    }

    func anOwnerIsSetOnce() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let users = try await scene.members(2)
            let spare = try await scene.spare()
            let given = try await scene.claim(scene.request(users[0])).workspace
            #expect(given.id == spare.id)
            let other = try await scene.claim(scene.request(users[1])).workspace
            #expect(other.id != given.id)
            for change in [
                WorkspaceChange.handedOver(home: nil, nil), .paused, .stopping(.user), .ended(.user, log: ""),
            ] {
                #expect(try await scene.apply(change, to: given.id).owner == users[0])
            }
        }
    }

    func onlyAStartingWorkspaceWithoutOwnerIsAddedAsSpare() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let spare = try await scene.spare(ready: false)
            await expect(.conflict) { try await store.addSpare(spare, at: scene.next()) }
            let ready = try await scene.makeReady(spare.id)
            await expect(.invalid) { try await store.addSpare(ready, at: scene.next()) }
            #expect(try await store.living() == [ready])
            let more = Workspace(
                id: scene.workspaceID(),
                app: ready.app,
                engine: ready.engine,
                definition: "now",
                token: "token",
                phase: .starting,
                createdAt: scene.next()
            )
            #expect(try await store.addSpare(more, maxLiving: 1, at: more.createdAt) == false)
            #expect(try await store.living() == [ready])
            #expect(try await store.addSpare(more, maxLiving: 2, at: more.createdAt))
            #expect(try await store.living().count == 2)
        }
    }

    func activityOnlyMovesForward() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let ada = try await scene.member("ada")
            let id = try await scene.claim(scene.request(ada)).workspace.id
            let gone = try await scene.spare()
            let ended = try await scene.apply(.ended(.lost, log: ""), to: gone.id)
            let early = scene.next()
            let late = scene.next()
            let kinds = try await scene.recorded {
                try await store.recordActivity([id: late, gone.id: late, scene.workspaceID(): late])
                try await store.recordActivity([id: early])
                try await store.recordActivity([:])
            }
            #expect(kinds == [])
            #expect(try await store.workspace(id)?.lastActiveAt == late)
            #expect(try await store.living().first?.lastActiveAt == late)
            #expect(try await store.workspace(gone.id) == ended)
            // A later change does not forget it.
            #expect(try await scene.apply(.started, to: id).lastActiveAt == late)
        }
    }

    func listsAreInOrder() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let users = try await scene.members(2)
            var ids: [WorkspaceID] = []
            for name in ["a", "b", "c", "d", "e"] {
                ids.append(try await scene.claim(scene.request(users[0], name: name)).workspace.id)
            }
            let other = try await scene.claim(scene.request(users[1])).workspace.id
            // They end in another order than they began.
            for index in [2, 0, 1] { try await scene.apply(.ended(.user, log: ""), to: ids[index]) }
            #expect(try await store.living().map(\.id) == [ids[3], ids[4], other])
            #expect(try await store.ended(limit: 2).map(\.id) == [ids[1], ids[0]])
            #expect(try await store.ended(limit: 9).map(\.id) == [ids[1], ids[0], ids[2]])
            let own = try await store.workspaces(of: users[0], endedLimit: 2).map(\.id)
            #expect(own == [ids[4], ids[3], ids[1], ids[0]])
            #expect(try await store.workspaces(of: users[0], endedLimit: 0).map(\.id) == [ids[4], ids[3]])
            #expect(try await store.workspaces(of: users[1], endedLimit: 9).map(\.id) == [other])
            #expect(try await store.workspace(scene.workspaceID()) == nil)
            #expect(try await store.queuePosition(other) == nil)
            #expect(try await store.unreadable() == [])
        }
    }

    func usageIsWhatEachMemberHad() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let users = try await scene.members(3)
            var moments: [Timestamp] = []
            func given(_ user: UserID, _ name: String, app: String = "lab") async throws -> WorkspaceID {
                let id = try await scene.claim(scene.request(user, app: app, name: name)).workspace.id
                try await scene.makeReady(id)
                let open = try await scene.apply(.handedOver(home: nil, nil), to: id)
                moments.append(try #require(open.handedOverAt))
                return id
            }
            let first = try await given(users[0], "one")
            try await scene.apply(.ended(.user, log: ""), to: first)
            let firstEnd = try #require(try await store.workspace(first)?.endedAt)
            _ = try await given(users[0], "two")
            _ = try await given(users[1], "one", app: "other")
            // Neither a spare nor one that was never handed over is used by anybody.
            try await scene.spare(app: "third")
            _ = try await scene.claim(scene.request(users[2], app: "fourth"))
            let end = scene.next()
            func seconds(_ from: Timestamp, _ to: Timestamp) -> Int64 { (to - from).milliseconds / 1000 }
            let expected = [
                Usage(
                    user: users[0],
                    app: try scene.app(),
                    workspaces: 2,
                    seconds: seconds(moments[0], firstEnd) + seconds(moments[1], end)
                ),
                Usage(
                    user: users[1],
                    app: try scene.app("other"),
                    workspaces: 1,
                    seconds: seconds(moments[2], end)
                ),
            ].sorted { $0.user.description < $1.user.description }
            #expect(try await store.usage(from: scene.start, to: end) == expected)
            // Only what lies in the period counts.
            let later = try await store.usage(from: moments[2], to: end)
            #expect(later.map(\.workspaces) == [1, 1])
            #expect(later.allSatisfy { $0.seconds == seconds(moments[2], end) })
            #expect(try await store.usage(from: scene.start, to: moments[0]) == [])
        }
    }

    func decisionsAreBroughtUpToDate() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let ada = try await scene.member("ada")
            let id = try await scene.claim(scene.request(ada)).workspace.id
            func decision(_ verdict: Decision.Verdict, _ because: String, cpu: String) throws -> Decision {
                Decision(
                    at: scene.next(),
                    workspace: id,
                    app: try scene.app(),
                    user: ada,
                    verdict: verdict,
                    because: because,
                    inputs: ["cpu": cpu]
                )
            }
            try await store.addDecision(decision(.kept, "a kernel is busy", cpu: "0.9"))
            let culled = try decision(.culled, "a kernel is busy", cpu: "0")
            try await store.addDecision(culled)
            let again = try decision(.kept, "a kernel is busy", cpu: "0.8")
            try await store.addDecision(again)
            var refused = try decision(.refused, "not for you", cpu: "")
            refused.workspace = nil
            try await store.addDecision(refused)
            #expect(try await store.decisions(workspace: id, limit: 9) == [again, culled])
            #expect(try await store.decisions(workspace: id, limit: 1) == [again])
            #expect(try await store.decisions(user: ada, limit: 9) == [refused, again, culled])
            #expect(try await store.decisions(workspace: scene.workspaceID(), limit: 9) == [])
        }
    }
}
