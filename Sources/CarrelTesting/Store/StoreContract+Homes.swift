import CarrelCore
import Testing

extension StoreContract {
    func aHomeIsRememberedWithWhatWasFoundInIt() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let ada = try await scene.member("ada"), ben = try await scene.member("ben")
            let key = HomeKey(engine: try #require(EngineName("local")), location: "/homes/ada")
            #expect(try await store.home(key) == nil)
            await expect(.notFound) { try await store.recordMeasurement(.init(used: 1), of: key, at: scene.next()) }
            try await store.leaveHome(key, at: scene.next())
            #expect(try await store.homes() == [])

            let new = try await store.ensureHome(key, home: "team", owner: ada, projects: nil)
            #expect(new == HomeRecord(key: key, home: "team", owner: ada))
            #expect(try await store.ensureHome(key, home: "other", owner: ben, projects: nil) == new)

            let first = scene.next(), second = scene.next(), left = scene.next()
            try await store.recordMeasurement(.init(used: 1 << 40, isEnforced: true, isWhole: true), of: key, at: first)
            try await store.recordMeasurement(.init(used: nil, trouble: "It is far away."), of: key, at: second)
            try await store.leaveHome(key, at: left)
            try await store.leaveHome(key, at: first)
            var wanted = new
            wanted.measuredAt = second
            wanted.trouble = "It is far away."
            wanted.wholeAt = first
            wanted.leftAt = left
            #expect(try await store.home(key) == wanted)
            #expect(try await store.homes() == [wanted])
        }
    }

    func noTwoHomesHaveOneProject() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let owner = try await scene.member("ada")
            let engine = try #require(EngineName("local"))
            func project(_ location: String, _ range: ClosedRange<UInt32>?) async throws -> UInt32? {
                let key = HomeKey(engine: engine, location: location)
                return try await store.ensureHome(key, home: "team", owner: owner, projects: range).project
            }
            #expect(try await project("a", nil) == nil)
            #expect(try await project("b", 100...102) == 100)
            #expect(try await project("a", 100...102) == 101)
            #expect(try await project("b", 100...102) == 100)
            #expect(try await project("b", 500...600) == 100)
            #expect(try await project("c", 500...600) == 500)
            #expect(try await project("d", 100...102) == 102)
            #expect(try await project("e", 100...102) == nil)
            #expect(try await project("e", 500...600) == 501)
            let given = try await withThrowingTaskGroup(of: UInt32?.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        let key = HomeKey(engine: engine, location: "many-\(number)")
                        return try await store.ensureHome(key, home: "team", owner: owner, projects: 500...600).project
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(given) == Set((502...551).map { UInt32?.some($0) }))
        }
    }
}
