import CarrelCore
import Testing

extension SharedStoreContract {
    func whatOneWritesTheOtherReads() async throws {
        try await withTwoStores { hub, commandLine in
            let scene = StoreScene(hub)
            let ada = try await scene.member("ada")
            let workspace = try await scene.claim(scene.request(ada)).workspace
            #expect(try await commandLine.living() == [workspace])
            let stopped = try await commandLine.apply(
                .stopping(.operator),
                to: workspace.id,
                by: .commandLine,
                at: scene.next()
            )
            #expect(try await hub.living() == [stopped])
            #expect(try await hub.verifyRecord() == nil)
        }
    }

    func bothClaimAtOnce() async throws {
        try await withTwoStores { one, two in
            let scene = StoreScene(one)
            let users = try await scene.members(20)
            for _ in 0..<10 { try await scene.spare() }
            let claims = try await withThrowingTaskGroup(of: Workspace.self) { group in
                for number in 0..<200 {
                    let request = try scene.request(users[number % 20])
                    let store = number / 20 % 2 == 0 ? one : two
                    let actor: Actor = number % 2 == 0 ? .hub : .commandLine
                    group.addTask { try await store.claim(request, by: actor, at: scene.next()).workspace }
                }
                return try await group.reduce(into: [Workspace]()) { $0.append($1) }
            }
            #expect(Set(claims.map(\.id)).count == 20)
            #expect(Set(claims.compactMap(\.owner)).count == 20)
            #expect(try await two.living().count == 20)
            #expect(try await two.verifyRecord() == nil)
        }
    }

    func theOtherIsToldOfAChange() async throws {
        try await withTwoStores { hub, commandLine in
            let scene = StoreScene(commandLine)
            var changes = hub.externalChanges().makeAsyncIterator()
            // The first tells that it listens.
            await changes.next()
            let ada = try await scene.member("ada")
            await changes.next()
            #expect(try await hub.user(ada) != nil)
        }
    }
}
