import CarrelCore
import CarrelTesting
import CarrelWorkspaces
import Testing

@Suite("Cold starts")
struct ColdStartTests {
    @Test("A start that a claim waits for does not wait for a look at the engine")
    func listing() throws {
        var behaviour = SimulatedEngine.Behaviour()
        behaviour.listingTakes = .seconds(3)
        behaviour.bootTakes = .milliseconds(200)
        let simulation = Simulation([try .lab()], behaviour: behaviour)
        simulation.start()
        simulation.run(for: .seconds(4))
        let ada = try simulation.member("ada")
        let given = try simulation.claim(for: ada)
        simulation.run(for: .milliseconds(300))
        #expect(try #require(try simulation.row(given.id)).isOpen)
        #expect(simulation.engine.calls["create"] == 1)
    }

    @Test("While the engine does not answer, a claim waits for it and does not fail")
    func silent() throws {
        let simulation = Simulation([try .lab()])
        simulation.start()
        simulation.run(for: .seconds(3))
        simulation.engine.behaviour.listingFails = 1
        simulation.engine.behaviour.refuses = ["create"]
        simulation.run(for: .seconds(3))
        let ada = try simulation.member("ada")
        let given = try simulation.claim(for: ada)
        simulation.run(for: .seconds(5))
        #expect(try simulation.row(given.id)?.phase == .starting)
        #expect(simulation.engine.calls["create"] == nil)
        simulation.engine.behaviour.listingFails = 0
        simulation.engine.behaviour.refuses = []
        simulation.run(for: .seconds(6))
        #expect(try simulation.row(given.id)?.isOpen == true)
    }

    @Test("Thirty claims at once start as many at the same time as the bound says")
    func crowd() throws {
        let simulation = Simulation([try .lab()], startsAtOnce: 4)
        simulation.start()
        simulation.run(for: .seconds(3))
        for number in 0..<30 {
            let user = try simulation.member("member-\(number)")
            _ = simulation.begin { try await $0.claim(.lab, name: .unnamed, for: user, isOperator: false, by: .hub) }
        }
        simulation.run(for: .milliseconds(60))
        #expect(simulation.engine.calls["create"] == 4)
        simulation.run(for: .seconds(40))
        #expect(try simulation.living().filter(\.isOpen).count == 30)
    }

    @Test("An app is asked whether it answers at once, and then ever less often")
    func asking() throws {
        let simulation = Simulation([try .lab { $0.ready.within = .seconds(60) }])
        simulation.probe.script("/api/status", nil)
        simulation.start()
        simulation.run(for: .seconds(3))
        let ada = try simulation.member("ada")
        _ = try simulation.claim(for: ada)
        func asked(within duration: Duration) -> Int {
            let before = simulation.probe.requests.count
            simulation.run(for: duration)
            return simulation.probe.requests.count - before
        }
        // The start itself takes 50 ms of it.
        #expect((9...11).contains(asked(within: .milliseconds(100))))
        #expect(asked(within: .seconds(1)) >= 25)
        #expect(asked(within: .seconds(10)) < 80)
        #expect((19...21).contains(asked(within: .seconds(10))))
    }

    @Test("A claim that starts a workspace gets an id for which something was made ahead, and others give it back")
    func ahead() throws {
        var behaviour = SimulatedEngine.Behaviour()
        behaviour.ahead = 1
        let simulation = Simulation([try .lab(max: 1)], behaviour: behaviour)
        simulation.start()
        simulation.run(for: .seconds(3))
        let made = try #require(simulation.engine.ahead.first)
        let ada = try simulation.member("ada")
        #expect(throws: CarrelError.self) { try simulation.claim(AppID(fixed: "nothing"), for: ada) }
        #expect(simulation.engine.ahead == [made])
        #expect(try simulation.claim(for: ada).id == made)
        simulation.run(for: .seconds(5))
        let next = try #require(simulation.engine.ahead.first)
        #expect(next != made && simulation.engine.forgotten.isEmpty)
        #expect(try simulation.claim(for: ada).id == made)
        #expect(simulation.engine.ahead == [next], "the same workspace again: it was given back")
        let bob = try simulation.member("bob")
        let waiting = try simulation.claim(for: bob)
        #expect(waiting.phase == .queued && waiting.id == next)
        #expect(simulation.engine.forgotten == [next], "nobody knows when that will start")
    }

    @Test("The trace of a cold start tells what its parts took")
    func trace() throws {
        let simulation = Simulation([try .lab(spares: 1)])
        simulation.start()
        simulation.run(for: .seconds(5))
        let (ada, bob) = (try simulation.member("ada"), try simulation.member("bob"))
        let warm = try simulation.claim(for: ada)
        #expect(warm.trace?.source == .spare && warm.trace?.start == nil)
        simulation.engine.behaviour.refuses = ["create"]
        simulation.run(for: .seconds(10))
        simulation.engine.behaviour.refuses = []
        let cold = try simulation.claim(for: bob)
        simulation.run(for: .seconds(5))
        let trace = try #require(try simulation.row(cold.id)?.trace)
        let start = try #require(trace.start)
        #expect(trace.source == .cold && start.engine > 0 && start.answer > 0 && start.wait < 1000)
    }
}
