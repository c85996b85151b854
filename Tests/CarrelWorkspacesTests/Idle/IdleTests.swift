import CarrelCore
import CarrelTesting
import CarrelWorkspaces
import Synchronization
import Testing

@Suite("Putting away what nobody uses and that computes nothing")
struct IdleTests {
    private func simulation(then: IdleAction = .stop, behaviour: SimulatedEngine.Behaviour = .init()) throws
        -> (Simulation, Workspace)
    {
        let probe = BusyProbe(
            path: "/api/sessions",
            any: ["kernel.execution_state": "busy"],
            says: "kernel of {path}"
        )
        let busy = BusyPolicy(cpu: 0.05, over: .seconds(120), probe: probe)
        let idle = IdlePolicy(after: .seconds(1800), then: then, ignore: ["/api/status"], busy: busy)
        let simulation = Simulation([try .lab(idle: idle)], behaviour: behaviour)
        simulation.start()
        let given = try simulation.claim(for: simulation.member("ada"))
        simulation.run(for: .seconds(5))
        return (simulation, given)
    }

    @Test("Idle for its time, it is stopped, and the record says what that was decided from")
    func culls() throws {
        let (simulation, given) = try simulation()
        simulation.use(given.id, for: .seconds(60))
        simulation.run(for: .seconds(1700))
        #expect(try simulation.row(given.id)?.phase == .ready)
        simulation.run(for: .seconds(120))
        let row = try #require(try simulation.row(given.id))
        #expect(row.phase == .ended)
        #expect(row.reason == .idle)
        let culled = try #require(try simulation.decisions(given.id).first)
        #expect(culled.verdict == .culled)
        #expect(culled.because.hasPrefix("no request for 30 min"))
        #expect(culled.because.contains("used 0 % of a core over the last 2 min"))
        #expect(culled.inputs["last-active"] != nil)
    }

    @Test("What burns CPU unwatched is kept, and culled its idle time after it stopped computing")
    func burnsCPU() throws {
        let (simulation, given) = try simulation()
        simulation.engine.compute(given.id, cores: 0.4)
        simulation.run(for: .seconds(4 * 3600))
        #expect(try simulation.row(given.id)?.phase == .ready)
        let why = try simulation.perform { try await $0.explain(given.id) }.first
        #expect(why?.because == "used 40 % of a core over the last 2 min")
        simulation.engine.compute(given.id, cores: 0)
        simulation.run(for: .seconds(1700))
        #expect(try simulation.row(given.id)?.phase == .ready)
        simulation.run(for: .seconds(400))
        #expect(try simulation.row(given.id)?.reason == .idle)
    }

    @Test("What says that it is busy is kept, and explain names it and for how long")
    func saysBusy() throws {
        let (simulation, given) = try simulation()
        let busy = #"[{"path":"train.ipynb","kernel":{"id":"k","execution_state":"busy"}}]"#
        simulation.probe.script("/api/sessions", busy)
        simulation.run(for: .seconds(2 * 3600 + 90))
        #expect(try simulation.row(given.id)?.phase == .ready)
        let why = try simulation.perform { try await $0.explain(given.id) }
        #expect(why.first?.because.hasPrefix("kernel of train.ipynb busy for 2 h") == true)
        let asked = try #require(simulation.probe.requests.last { $0.path.hasSuffix("/api/sessions") })
        #expect(asked.headers == [RouteHeader(name: "Authorization", value: "token \(given.token)")])
        simulation.probe.script("/api/sessions", "[]")
        simulation.run(for: .seconds(2000))
        #expect(try simulation.row(given.id)?.reason == .idle)
    }

    @Test("Not knowing whether it computes keeps it a while, not for ever", arguments: [nil, "<html>"])
    func doubt(answer: String?) throws {
        let (simulation, given) = try simulation()
        simulation.probe.script("/api/sessions", answer)
        simulation.run(for: .seconds(1900))
        #expect(try simulation.row(given.id)?.phase == .ready)
        let why = try simulation.perform { try await $0.explain(given.id) }.first
        #expect(why?.because.hasPrefix("whether it computes is not known") == true)
        simulation.run(for: .seconds(400))
        #expect(try simulation.row(given.id)?.reason == .idle)
        let culled = try simulation.decisions(given.id).first
        #expect(culled?.because.contains("whether it computes was not known for too long") == true)
    }

    @Test("Where the app says so it is paused instead, holds requests, and goes on when its member opens it")
    func pauses() throws {
        let (simulation, given) = try simulation(then: .pause)
        simulation.run(for: .seconds(2000))
        #expect(try simulation.row(given.id)?.phase == .paused)
        #expect(simulation.engine.isPaused(given.id))
        #expect(simulation.routes.routes[given.id]?.isPaused == true)
        let ada = try simulation.member("ada")
        let again = try simulation.claim(for: ada)
        #expect(again.id == given.id)
        #expect(again.phase == .ready)
        #expect(!simulation.engine.isPaused(given.id))
        #expect(simulation.routes.routes[given.id]?.isPaused == false)
    }

    @Test("Whoever reads that it is ready or paused finds the gateway doing so already")
    func routesFirst() throws {
        let (simulation, given) = try simulation(then: .pause)
        let behind = Mutex<[String]>([])
        let compared = Mutex(0)
        simulation.afterStoreCalls.look.withLock { [store = simulation.store, routes = simulation.routes] look in
            look = {
                for row in store.livingNow where row.isOpen {
                    compared.withLock { $0 += 1 }
                    let route = routes.routes[row.id]
                    if route?.isPaused == (row.phase == .paused) { continue }
                    behind.withLock { $0.append("\(row.phase), paused: \(String(describing: route?.isPaused))") }
                }
            }
        }
        simulation.run(for: .seconds(2000))
        #expect(try simulation.row(given.id)?.phase == .paused)
        let ada = try simulation.member("ada")
        #expect(try simulation.claim(for: ada).phase == .ready)
        #expect(try simulation.claim(for: ada, name: try #require(WorkspaceName("second"))).owner == ada.id)
        simulation.run(for: .seconds(60))
        #expect(try simulation.perform { try await $0.living() }.count(where: \.isOpen) == 2)
        #expect(compared.withLock { $0 } > 0)
        #expect(behind.withLock { $0 } == [])
    }

    @Test("An engine that can't pause stops it instead")
    func cannotPause() throws {
        var behaviour = SimulatedEngine.Behaviour()
        behaviour.canPause = false
        let (simulation, given) = try simulation(then: .pause, behaviour: behaviour)
        simulation.run(for: .seconds(2000))
        #expect(try simulation.row(given.id)?.reason == .idle)
        let error = #expect(throws: CarrelError.self) {
            try simulation.perform { try await $0.pause(given.id, by: .hub) }
        }
        #expect(error != nil)
    }

    @Test("Its lifetime counts from the claim, not from the spare's start")
    func lifetime() throws {
        let simulation = Simulation([try .lab(spares: 1) { $0.lifetime = .seconds(3600) }])
        simulation.start()
        simulation.run(for: .seconds(3000))
        let given = try simulation.claim(for: simulation.member("ada"))
        simulation.use(given.id, for: .seconds(3500))
        #expect(try simulation.row(given.id)?.phase == .ready)
        simulation.use(given.id, for: .seconds(130))
        #expect(try simulation.row(given.id)?.reason == .lifetime)
    }

    @Test("An idle workspace is not culled by a carrel that was just started and knows nothing of its CPU")
    func afterRestart() throws {
        let (simulation, given) = try simulation()
        simulation.engine.compute(given.id, cores: 1)
        simulation.run(for: .seconds(60))
        simulation.kill()
        simulation.run(for: .seconds(3600))
        simulation.start()
        simulation.run(for: .seconds(3600))
        #expect(try simulation.row(given.id)?.phase == .ready)
    }
}
