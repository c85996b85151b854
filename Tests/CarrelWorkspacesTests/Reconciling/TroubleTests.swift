import CarrelCore
import CarrelTesting
import CarrelWorkspaces
import Testing

@Suite("An engine that fails, lies and forgets")
struct TroubleTests {
    @Test("Starts that always fail back off: an hour costs a few dozen of them, and the operator is told why")
    func failingStarts() throws {
        var behaviour = SimulatedEngine.Behaviour()
        behaviour.startFails = 1
        let simulation = Simulation([try .lab(spares: 5)], behaviour: behaviour)
        simulation.start()
        simulation.run(for: .seconds(3600))
        let creates = simulation.engine.calls["create"] ?? 0
        #expect((10...40).contains(creates), "\(creates) starts")
        let failing = try simulation.perform { try await $0.pools() }.first?.failing
        #expect(failing?.contains("The app's command does not exist.") == true)
        #expect(failing?.contains("next try in") == true)
        #expect(failing?.contains("(\(SimulatedEngine.startDetail))") == true, "\(failing ?? "")")
        simulation.engine.behaviour.startFails = 0
        simulation.run(for: .seconds(600))
        #expect(try simulation.readySpares().count == 5)
        let after = try simulation.perform { try await $0.pools() }.first
        #expect(after?.failing == nil)
    }

    @Test("Spares that exit as soon as they started back off too")
    func exitingSpares() throws {
        var behaviour = SimulatedEngine.Behaviour()
        behaviour.exitsAtStart = 1
        let simulation = Simulation([try .lab(spares: 5)], behaviour: behaviour)
        simulation.start()
        simulation.run(for: .seconds(3600))
        let creates = simulation.engine.calls["create"] ?? 0
        #expect((10...40).contains(creates), "\(creates) starts")
    }

    @Test("An app that never listens ends failed in time, with a sentence and its last lines")
    func neverListens() throws {
        var behaviour = SimulatedEngine.Behaviour()
        behaviour.bootTakes = .seconds(100_000)
        let simulation = Simulation([try .lab()], behaviour: behaviour)
        simulation.start()
        let given = try simulation.claim(for: simulation.member("ada"))
        simulation.run(for: .seconds(59))
        #expect(try simulation.row(given.id)?.phase == .starting)
        simulation.run(for: .seconds(10))
        let row = try #require(try simulation.row(given.id))
        #expect(row.phase == .ended)
        #expect(row.reason == .failed("JupyterLab did not answer within 1 min: started"))
        #expect(row.lastLog == "started")
        #expect(simulation.engine.running.isEmpty)
    }

    @Test("An app that exits ends failed with its code and last line; the next claim links to it")
    func exits() throws {
        let simulation = Simulation([try .lab()])
        simulation.start()
        let ada = try simulation.member("ada")
        let given = try simulation.claim(for: ada)
        simulation.run(for: .seconds(5))
        simulation.engine.exit(given.id, code: 137, log: "working\nout of memory\n")
        simulation.run(for: .seconds(5))
        let row = try #require(try simulation.row(given.id))
        #expect(row.reason == .failed("the app exited with code 137: out of memory"))
        #expect(simulation.routes.routes[given.id] == nil)
        let next = try simulation.claim(for: ada)
        #expect(next.predecessor == given.id)
    }

    @Test("A workspace that one listing leaves out is not lost; one that is gone is")
    func lost() throws {
        let simulation = Simulation([try .lab(spares: 1)])
        simulation.start()
        simulation.run(for: .seconds(5))
        let given = try simulation.claim(for: simulation.member("ada"))
        simulation.run(for: .seconds(5))
        simulation.engine.behaviour.omits = 1
        simulation.run(for: .seconds(3))
        simulation.engine.behaviour.omits = 0
        simulation.run(for: .seconds(60))
        #expect(try simulation.row(given.id)?.isOpen == true)
        simulation.engine.lose(given.id)
        simulation.run(for: .seconds(10))
        #expect(try simulation.row(given.id)?.reason == .lost)
    }

    @Test("Without any events the pool still repairs itself")
    func losesEvents() throws {
        var behaviour = SimulatedEngine.Behaviour()
        behaviour.losesEvents = 1
        let simulation = Simulation([try .lab(spares: 3)], behaviour: behaviour)
        simulation.start()
        simulation.run(for: .seconds(120))
        for id in simulation.engine.running { simulation.engine.lose(id) }
        simulation.run(for: .seconds(30))
        #expect(try simulation.readySpares().count == 3)
    }

    @Test("A destroy that fails is tried again, and nobody is given a second home meanwhile")
    func destroyFails() throws {
        let simulation = Simulation([try .lab()])
        simulation.start()
        let ada = try simulation.member("ada")
        let given = try simulation.claim(for: ada)
        simulation.run(for: .seconds(5))
        simulation.engine.behaviour.refuses = ["destroy"]
        _ = try simulation.perform { try await $0.stop(given.id, reason: .user, by: .hub) }
        simulation.run(for: .seconds(600))
        let tries = simulation.engine.calls["destroy"] ?? 0
        #expect((5...25).contains(tries), "\(tries) tries")
        #expect(throws: CarrelError.self) { try simulation.claim(for: ada) }
        simulation.engine.behaviour.refuses = []
        simulation.run(for: .seconds(70))
        #expect(try simulation.row(given.id)?.phase == .ended)
        #expect(simulation.engine.running.isEmpty)
    }

    @Test("A chaotic hour: everything that can go wrong does, and afterwards all is whole", arguments: 1...4)
    func chaos(seed: UInt64) throws {
        var behaviour = SimulatedEngine.Behaviour()
        behaviour.startFails = 0.1
        behaviour.exitsAtStart = 0.1
        behaviour.losesEvents = 0.5
        behaviour.omits = 0.02
        behaviour.listingFails = 0.1
        let simulation = Simulation([try .lab(spares: 3, max: 10)], seed: seed, behaviour: behaviour)
        var random = SeededRandom(seed: seed)
        let members = try (0..<12).map { try simulation.member("member\($0)") }
        simulation.start()
        for _ in 0..<120 {
            let member = members[Int.random(in: 0..<12, using: &random)]
            let stops = Int.random(in: 0..<3, using: &random) == 0
            _ = simulation.begin { carrel in
                guard stops else {
                    _ = try await carrel.claim(.lab, name: .unnamed, for: member, isOperator: false, by: .hub)
                    return
                }
                for row in try await carrel.workspaces(of: member.id) where row.phase.isLiving {
                    _ = try await carrel.stop(row.id, reason: .user, by: .hub)
                }
            }
            if let one = simulation.engine.running.randomElement(using: &random),
                Int.random(in: 0..<10, using: &random) == 0
            {
                simulation.engine.exit(one, code: 1, log: "oops")
            }
            simulation.run(for: .seconds(30))
            let owners = try simulation.living().compactMap(\.owner)
            #expect(owners.count == Set(owners).count, "seed \(seed)")
            #expect(simulation.engine.running.count <= 10, "seed \(seed)")
        }
        simulation.engine.behaviour = .init()
        simulation.run(for: .seconds(700))
        let living = try simulation.living()
        #expect(Set(simulation.engine.running) == Set(living.filter { $0.phase != .queued }.map(\.id)), "seed \(seed)")
        #expect(simulation.engine.faults == [], "seed \(seed)")
        #expect(Set(simulation.routes.routes.keys) == Set(living.filter(\.isOpen).map(\.id)), "seed \(seed)")
    }
}
