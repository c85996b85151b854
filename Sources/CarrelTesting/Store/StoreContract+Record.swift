import CarrelCore
import Testing

extension StoreContract {
    func theRecordTellsWhatWasChanged() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let kinds = try await scene.recorded {
                let ada = try await scene.member("ada")
                let spare = try await scene.spare()
                _ = try await scene.claim(scene.request(ada))
                _ = try await scene.claim(scene.request(ada))
                try await scene.apply(.handedOver(home: "/h", nil), to: spare.id)
                try await scene.apply(.paused, to: spare.id)
                try await scene.apply(.resumed, to: spare.id)
                try await scene.apply(.stopping(.user), to: spare.id, by: .user(ada))
                try await scene.apply(.ended(.lost, log: "secret words"), to: spare.id)
            }
            #expect(
                kinds == [
                    "user.added", "workspace.added", "workspace.claimed", "workspace.handed-over",
                    "workspace.stopping", "workspace.ended",
                ]
            )
            let record = try await scene.record()
            let end = try #require(record.last)
            #expect(end.entry.details["reason"] == "user")
            #expect(!"\(record)".contains("secret words"))
            #expect(try await store.verifyRecord() == nil)
        }
    }

    func eachWriterHasAChain() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let ada = try await scene.member("ada")
            let actors: [Actor] = [.hub, .commandLine, .user(ada), .commandLine, .token(scene.tokenID()), .hub]
            for actor in actors {
                try await store.append(RecordEntry(at: scene.next(), kind: "test", actor: actor, details: ["k": "v/ü"]))
            }
            let links = try await scene.record().filter { $0.entry.kind == "test" }
            #expect(links.map(\.entry.actor) == actors)
            #expect(links.map(\.chain) == ["hub", "command-line", "hub", "command-line", "hub", "hub"])
            for chain in ["hub", "command-line"] {
                let links = try await scene.record().filter { $0.chain == chain }
                #expect(links.map(\.sequence) == Array(1...Int64(links.count)))
                #expect(links.allSatisfy { $0.isIntact })
                #expect(links.map(\.previous) == [ChainedEntry.genesis] + links.dropLast().map(\.hash))
            }
            let first = try await store.record(after: 0, limit: 2)
            #expect(first.entries.count == 2)
            let rest = try await store.record(after: first.next, limit: 100)
            let all = try await scene.record()
            #expect(first.entries + rest.entries == all)
            #expect(try await store.record(after: rest.next, limit: 100).entries == [])
            #expect(try await store.verifyRecord() == nil)
        }
    }

    func whatFailsIsNotRecorded() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let ada = try await scene.member("ada")
            let kinds = try await scene.recorded {
                await expect(.limitReached) { _ = try await scene.claim(scene.request(ada, maxPerMember: 0)) }
                await expect(.notFound) { try await scene.apply(.started, to: scene.workspaceID()) }
            }
            #expect(kinds == [])
            #expect(try await store.living() == [])
        }
    }

    func afterClosingEverythingFailsWithASentence() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let changes = store.externalChanges()
            try await store.close()
            await expect(.storeFailed) { _ = try await store.living() }
            await expect(.storeFailed) { try await store.recordActivity([scene.workspaceID(): scene.next()]) }
            for await _ in changes {}
        }
    }
}
