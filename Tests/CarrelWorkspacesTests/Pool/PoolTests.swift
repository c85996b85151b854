import CarrelCore
import CarrelTesting
import CarrelWorkspaces
import Testing

@Suite("Pools")
struct PoolTests {
    @Test("A pool fills to the wanted number, a few starts at a time")
    func fills() throws {
        var behaviour = SimulatedEngine.Behaviour()
        behaviour.bootTakes = .seconds(10)
        let simulation = Simulation([try .lab(spares: 10)], startsAtOnce: 4, behaviour: behaviour)
        simulation.start()
        simulation.run(for: .seconds(5))
        #expect(simulation.engine.calls["create"] == 4)
        simulation.run(for: .seconds(60))
        #expect(try simulation.readySpares().count == 10)
        #expect(simulation.engine.calls["create"] == 10)
        let pool = try simulation.perform { try await $0.pools() }.first
        #expect(pool?.ready == 10)
        #expect(pool?.wanted == 10)
    }

    @Test("A changed definition replaces the spares one at a time, never below the wanted number")
    func replaces() throws {
        let simulation = Simulation([try .lab(spares: 3)])
        simulation.start()
        simulation.run(for: .seconds(10))
        let before = Set(try simulation.readySpares().map(\.id))
        let changed = try App.lab(spares: 3) { $0.command = [Template(literal: "lab --new")] }
        try simulation.perform { await $0.reload(WorkspaceRules(deployment: "test", apps: [changed])) }
        for _ in 0..<600 {
            simulation.run(for: .milliseconds(100))
            #expect(try simulation.readySpares().count >= 3)
            #expect(simulation.engine.running.count <= 5)
        }
        let after = try simulation.readySpares()
        #expect(after.count == 3)
        #expect(before.isDisjoint(with: after.map(\.id)))
        #expect(Set(after.map(\.definition)) == [changed.definition])
        #expect(try simulation.decisions(before.first ?? after[0].id).first?.verdict == .replaced)
    }

    @Test("Where the bound leaves no room for a new one first, an outdated spare goes first")
    func replacesAtTheBound() throws {
        let simulation = Simulation([try .lab(spares: 2, max: 2)])
        simulation.start()
        simulation.run(for: .seconds(10))
        let changed = try App.lab(spares: 2, max: 2) { $0.command = [Template(literal: "lab --new")] }
        try simulation.perform { await $0.reload(WorkspaceRules(deployment: "test", apps: [changed])) }
        for _ in 0..<300 {
            simulation.run(for: .milliseconds(100))
            #expect(simulation.engine.running.count <= 2)
        }
        #expect(Set(try simulation.readySpares().map(\.definition)) == [changed.definition])
    }

    @Test("A spare older than its app allows is replaced")
    func maxAge() throws {
        let simulation = Simulation([try .lab(spares: 1, maxAge: .seconds(600))])
        simulation.start()
        simulation.run(for: .seconds(10))
        let first = try #require(try simulation.readySpares().first)
        simulation.run(for: .seconds(620))
        #expect(try simulation.row(first.id)?.reason == .replaced)
        #expect(try simulation.readySpares().count == 1)
    }

    @Test("An app taken out of the configuration loses its spares; who has a workspace keeps it")
    func removed() throws {
        let simulation = Simulation([try .lab(spares: 2) { $0.lifetime = .seconds(7200) }])
        simulation.start()
        simulation.run(for: .seconds(10))
        let ada = try simulation.member("ada")
        let given = try simulation.claim(for: ada)
        try simulation.perform { await $0.reload(WorkspaceRules(deployment: "test", apps: [])) }
        simulation.run(for: .seconds(60))
        #expect(simulation.engine.running == [given.id])
        #expect(simulation.routes.routes[given.id]?.headers.count == 1)
        #expect(throws: CarrelError.self) { try simulation.claim(for: ada) }
        simulation.run(for: .seconds(7200))
        #expect(try simulation.row(given.id)?.reason == .lifetime)
    }

    @Test("A killed spare is replaced, and nobody notices")
    func killed() throws {
        let simulation = Simulation([try .lab(spares: 2)])
        simulation.start()
        simulation.run(for: .seconds(120))
        let spare = try #require(try simulation.readySpares().first)
        simulation.engine.exit(spare.id, code: 137, log: "")
        simulation.run(for: .seconds(5))
        #expect(try simulation.readySpares().count == 2)
        let pool = try simulation.perform { try await $0.pools() }.first
        #expect(pool?.failing == nil, "one that had lasted says nothing about the app")
    }

    @Test("While somebody queues there are no spares, and the bound counts everything living")
    func queueFirst() throws {
        let simulation = Simulation([try .lab(spares: 2, max: 3)])
        simulation.start()
        simulation.run(for: .seconds(10))
        let members = try (0..<5).map { try simulation.member("member\($0)") }
        let given = try members.map { try simulation.claim(for: $0) }
        #expect(given.map(\.phase) == [.ready, .ready, .starting, .queued, .queued])
        for id in given.prefix(3).map(\.id) {
            simulation.run(for: .seconds(10))
            #expect(simulation.engine.running.count <= 3)
            _ = try simulation.perform { try await $0.stop(id, reason: .user, by: .hub) }
        }
        simulation.run(for: .seconds(20))
        let living = try simulation.living()
        #expect(living.filter(\.isOpen).count == 2)
        #expect(living.filter(\.isSpare).count == 1)
    }
}
