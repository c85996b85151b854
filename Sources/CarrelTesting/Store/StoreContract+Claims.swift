import CarrelCore
import Testing

extension StoreContract {
    func ownComesFirst() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let ada = try await scene.member("ada")
            let first = try await scene.claim(scene.request(ada, maxLiving: 1, maxPerMember: 1))
            #expect(first.how == "created")
            try await scene.spare()
            // Also with no room, at the member's limit, and in every living phase.
            let endpoint = Endpoint.tcp(host: "127.0.0.1", port: 1)
            let changes: [WorkspaceChange] = [
                .started, .ready(endpoint, extra: [:]), .handedOver(home: "/h", nil), .paused, .stopping(.user),
            ]
            for change in changes {
                let now = try await scene.apply(change, to: first.workspace.id)
                let again = try await scene.claim(scene.request(ada, maxLiving: 1, maxPerMember: 1))
                #expect(again == .existing(now), "after \(change.verb)")
            }
            try await scene.apply(.ended(.user, log: ""), to: first.workspace.id)
            #expect(try await scene.claim(scene.request(ada)).how == "spare")
        }
    }

    func readySpareOfTheCurrentDefinitionComesFirst() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let starting = try await scene.spare(ready: false)
            let old = try await scene.spare(definition: "old")
            let older = try await scene.spare()
            let newer = try await scene.spare()
            try await scene.spare(app: "other")
            var order: [WorkspaceID] = []
            var how: [String] = []
            for user in try await scene.members(5) {
                let claim = try await scene.claim(scene.request(user))
                order.append(claim.workspace.id)
                how.append(claim.how)
                #expect(claim.workspace.owner == user)
                #expect(claim.workspace.claimedAt != nil)
            }
            #expect(order.prefix(4) == [older.id, newer.id, old.id, starting.id])
            #expect(how == ["spare", "spare", "spare", "starting", "created"])
        }
    }

    func aSpareThatIsLeavingIsNotGiven() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let leaving = try await scene.spare()
            try await scene.apply(.stopping(.replaced), to: leaving.id)
            let gone = try await scene.spare()
            try await scene.apply(.ended(.lost, log: ""), to: gone.id)
            let claim = try await scene.claim(scene.request(try await scene.member("ada")))
            #expect(claim.how == "created")
        }
    }

    func whoMayNotHaveASpareGetsANewOne() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let spare = try await scene.spare()
            let ada = try await scene.member("ada")
            let request = try scene.request(ada, maySpare: false)
            let claim = try await scene.claim(request)
            #expect(claim.how == "created")
            #expect(claim.workspace.id == request.newID)
            #expect(claim.workspace.phase == .starting)
            #expect(try await store.workspace(spare.id)?.isSpare == true)
        }
    }

    func beyondTheRoomIsAPlaceInTheQueue() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let users = try await scene.members(4)
            #expect(try await scene.claim(scene.request(users[0], maxLiving: 1)).how == "created")
            let first = try await scene.claim(scene.request(users[1], maxLiving: 1))
            let second = try await scene.claim(scene.request(users[2], maxLiving: 1))
            #expect([first.how, second.how] == ["queued", "queued"])
            #expect(first.workspace.phase == .queued)
            #expect(first.workspace.owner == users[1])
            #expect(try await store.queuePosition(first.workspace.id) == 1)
            #expect(try await store.queuePosition(second.workspace.id) == 2)
            #expect(try await scene.claim(scene.request(users[1], maxLiving: 1)) == .existing(first.workspace))
            // Another app has a queue of its own.
            #expect(try await scene.claim(scene.request(users[3], app: "other", maxLiving: 1)).how == "created")

            let admitted = try await scene.apply(.admitted(definition: "new"), to: first.workspace.id)
            #expect(admitted.phase == .starting)
            #expect(admitted.definition == "new")
            #expect(try await store.queuePosition(first.workspace.id) == nil)
            #expect(try await store.queuePosition(second.workspace.id) == 1)
        }
    }

    func nobodyPassesThoseWhoWait() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let users = try await scene.members(3)
            let own = try await scene.claim(scene.request(users[0], maxLiving: 1))
            let waiting = try await scene.claim(scene.request(users[1], maxLiving: 1))
            try await scene.spare()
            // There is a spare and room for more, and yet:
            #expect(try await scene.claim(scene.request(users[2])).how == "queued")
            #expect(try await scene.claim(scene.request(users[0])) == .existing(own.workspace))
            for workspace in try await store.living() where workspace.phase == .queued {
                try await scene.apply(.admitted(definition: "now"), to: workspace.id)
            }
            #expect(try await scene.claim(scene.request(users[0], name: "two")).how == "spare")
            #expect(try await store.workspace(waiting.workspace.id)?.phase == .starting)
        }
    }

    func stoppingWhileWaitingEndsAtOnce() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let users = try await scene.members(3)
            _ = try await scene.claim(scene.request(users[0], maxLiving: 1))
            let waiting = try await scene.claim(scene.request(users[1], maxLiving: 1)).workspace
            let behind = try await scene.claim(scene.request(users[2], maxLiving: 1)).workspace
            let kinds = try await scene.recorded {
                let ended = try await scene.apply(.stopping(.user), to: waiting.id, by: .user(users[1]))
                #expect(ended.phase == .ended)
                #expect(ended.reason == .user)
            }
            #expect(kinds == ["workspace.ended"])
            #expect(try await store.queuePosition(waiting.id) == nil)
            #expect(try await store.queuePosition(behind.id) == 1)
            await expect(.conflict) { try await scene.apply(.admitted(definition: "now"), to: waiting.id) }
            // Who asks again stands at the end.
            let again = try await scene.claim(scene.request(users[1], maxLiving: 1)).workspace
            #expect(again.id != waiting.id)
            #expect(try await store.queuePosition(again.id) == 2)
        }
    }

    func aMemberHasNoMoreThanTheLimit() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let users = try await scene.members(2)
            _ = try await scene.claim(scene.request(users[0], name: "one", maxPerMember: 2))
            let two = try await scene.claim(scene.request(users[0], name: "two", maxPerMember: 2)).workspace
            await expect(.limitReached) {
                _ = try await scene.claim(scene.request(users[0], name: "three", maxPerMember: 2))
            }
            // The limit is per member and app, and counts only the living.
            _ = try await scene.claim(scene.request(users[0], app: "other", maxPerMember: 2))
            _ = try await scene.claim(scene.request(users[1], maxPerMember: 2))
            try await scene.apply(.ended(.user, log: ""), to: two.id)
            _ = try await scene.claim(scene.request(users[0], name: "three", maxPerMember: 2))
        }
    }

    func aClaimForNobodyIsRefused() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let nobody = try #require(UserID("u-aaaaaaaaaaaaaaaa"))
            await expect(.notFound) { _ = try await scene.claim(scene.request(nobody)) }
            try await scene.spare()
            await expect(.notFound) { _ = try await scene.claim(scene.request(nobody)) }
            #expect(try await store.living().allSatisfy { $0.owner == nil })
            #expect(try await store.verifyRecord() == nil)
        }
    }

    /// A thousand claims by a hundred members on fifty spares, all at once.
    func aThousandClaimsAtOnce() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let users = try await scene.members(100)
            for number in 0..<50 { try await scene.spare(ready: number < 40) }
            let claims = try await withThrowingTaskGroup(of: Claim.self) { group in
                for number in 0..<1000 {
                    let name = number / 100 % 2 == 0 ? "one" : "two"
                    let request = try scene.request(users[number % 100], name: name, maxLiving: 120)
                    group.addTask { try await scene.claim(request) }
                }
                return try await group.reduce(into: [Claim]()) { $0.append($1) }
            }
            let given = Dictionary(grouping: claims.map(\.workspace)) { [$0.owner?.description, $0.name.description] }
            #expect(given.count == 200)
            #expect(given.values.allSatisfy { Set($0.map(\.id)).count == 1 }, "one each per app and name")
            let owners = Dictionary(grouping: claims.map(\.workspace)) { $0.id }
            #expect(owners.count == 200)
            #expect(owners.values.allSatisfy { Set($0.map(\.owner)).count == 1 }, "no workspace has two owners")
            let met = Dictionary(grouping: claims, by: \.how).mapValues(\.count)
            #expect(met == ["existing": 800, "spare": 40, "starting": 10, "created": 70, "queued": 80])
            let living = try await store.living()
            #expect(living.count == 200)
            var places: [Int] = []
            for waiting in living where waiting.phase == .queued {
                places.append(try #require(try await store.queuePosition(waiting.id)))
            }
            #expect(places.sorted() == Array(1...80), "everybody who waits has a place of their own")
            #expect(try await store.verifyRecord() == nil)
        }
    }
}
