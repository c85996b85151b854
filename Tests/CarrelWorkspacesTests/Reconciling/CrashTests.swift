import CarrelCore
import CarrelTesting
import CarrelWorkspaces
import Testing

@Suite("Crashes")
struct CrashTests {
    @Test("Killed at any point, the next carrel leaves nothing orphaned and nobody with two", arguments: 0..<24)
    func anyPoint(round: Int) throws {
        let seed = UInt64(1000 + round)
        let simulation = Simulation([try .lab(spares: 2, max: 8)], seed: seed)
        let members = try (0..<6).map { try simulation.member("member\($0)") }
        // Deaths ever later, so that each falls into another step of the same work.
        for life in 0..<10 {
            simulation.start(callsLeft: 5 + round * 2 + life * 17)
            work(simulation, members, life)
            simulation.kill()
        }
        simulation.start()
        simulation.run(for: .seconds(120))
        try expectWhole(simulation, spares: 2, "seed \(seed)")
        for member in members {
            _ = simulation.begin { try await $0.claim(.lab, name: .unnamed, for: member, isOperator: false, by: .hub) }
        }
        simulation.run(for: .seconds(60))
        let open = try simulation.living().filter(\.isOpen)
        #expect(Set(open.compactMap(\.owner)).count == 6, "seed \(seed)")
        try expectWhole(simulation, spares: 2, "seed \(seed)")
    }

    /// Everybody opens, somebody stops, something exits.
    private func work(_ simulation: Simulation, _ members: [User], _ life: Int) {
        simulation.run(for: .seconds(3))
        for member in members {
            _ = simulation.begin {
                try await $0.claim(.lab, name: .unnamed, for: member, isOperator: false, by: .hub)
            }
        }
        simulation.run(for: .milliseconds(40))
        let victim = members[life % members.count]
        _ = simulation.begin { carrel in
            for row in try await carrel.workspaces(of: victim.id) where row.phase.isLiving {
                _ = try await carrel.stop(row.id, reason: .user, by: .hub)
            }
        }
        if let first = simulation.engine.running.first { simulation.engine.exit(first, code: 1, log: "gone") }
        simulation.run(for: .seconds(4))
    }

    private func expectWhole(_ simulation: Simulation, spares: Int, _ comment: Comment) throws {
        let living = try simulation.living()
        let wanted = Set(living.filter { $0.phase != .queued }.map(\.id))
        #expect(Set(simulation.engine.running) == wanted, comment)
        let owners = living.compactMap(\.owner)
        #expect(owners.count == Set(owners).count, comment)
        #expect(living.filter { $0.isSpare && $0.phase == .ready }.count == spares, comment)
        #expect(living.filter { $0.phase == .stopping || $0.phase == .starting }.isEmpty, comment)
        #expect(Set(simulation.routes.routes.keys) == Set(living.filter(\.isOpen).map(\.id)), comment)
        #expect(simulation.engine.faults == [], comment)
    }

    @Test("After kill -9 the same instances serve the same members by the same routes")
    func sameInstances() throws {
        let simulation = Simulation([try .lab(spares: 1)])
        simulation.start()
        simulation.run(for: .seconds(5))
        let ada = try simulation.member("ada")
        let given = try simulation.claim(for: ada)
        simulation.run(for: .seconds(5))
        let before = (simulation.engine.running, simulation.routes.routes[given.id])
        simulation.kill()
        simulation.start()
        let again = try simulation.claim(for: ada)
        #expect(again.id == given.id)
        #expect(simulation.routes.routes[given.id] == before.1, "published once the engine confirmed it")
        simulation.run(for: .seconds(10))
        #expect(simulation.engine.running == before.0)
        #expect(simulation.engine.calls["create"] == 2)
    }

    @Test("An instance that the store does not know is destroyed, but not one whose row can't be read")
    func strays() throws {
        let app = try App.lab(spares: 1)
        let simulation = Simulation([app])
        simulation.start()
        simulation.run(for: .seconds(5))
        let spare = try #require(try simulation.readySpares().first)
        let stray = try #require(WorkspaceID("ws-straystraystray2"))
        simulation.store.damage(spare.id)
        simulation.engine.addStray(stray, app: app)
        simulation.run(for: .seconds(10))
        #expect(!simulation.engine.running.contains(stray))
        #expect(simulation.engine.running.contains(spare.id))
    }
}
