import CarrelCore
import CarrelTesting
import CarrelWorkspaces
import Testing

@Suite("Homes and what they hold")
struct HomeTests {
    private static let giga: Int64 = 1 << 30

    private func simulation(
        quota: Int64? = nil,
        keepsQuotas: Bool = false,
        spares: Int = 0,
        path: String = "/homes/{{user.id}}"
    ) throws -> Simulation {
        let location = try Template(path)
        var behaviour = SimulatedEngine.Behaviour()
        behaviour.measuresHomes = true
        behaviour.homes = [:]
        behaviour.keepsQuotas = keepsQuotas
        let app = try App.lab(spares: spares) { app in
            app.home?.rule.location = location
            app.home?.rule.quota = quota
            app.home?.rule.projects = 500...600
        }
        return Simulation([app], behaviour: behaviour)
    }

    private func homes(_ simulation: Simulation, of user: User) throws -> [HomeReport] {
        try simulation.perform { try await $0.homes(of: user.id) }
    }

    private func stop(_ workspace: Workspace, _ simulation: Simulation) throws {
        _ = try simulation.perform { try await $0.stop(workspace.id, reason: .user, by: .hub) }
        simulation.run(for: .seconds(5))
    }

    @Test("A home is measured soon after its workspace began, once an hour while it is open, and when it has ended")
    func when() throws {
        let simulation = try simulation()
        simulation.start()
        let ada = try simulation.member("ada")
        let path = "/homes/\(ada.id)"
        let given = try simulation.claim(for: ada)
        simulation.run(for: .seconds(120))
        #expect(simulation.engine.measurings.map(\.location) == [path])
        simulation.run(for: .seconds(2 * 3600))
        #expect(simulation.engine.measurings.count == 3)

        simulation.engine.behaviour.homes = [path: 3 * Self.giga]
        try stop(given, simulation)
        #expect(simulation.engine.measurings.count == 4)
        let home = try #require(try homes(simulation, of: ada).first)
        #expect(home.used == 3 * Self.giga && home.quota == nil && home.name == "team")
        #expect(home.measuredAt == simulation.engine.measurings.last?.at)
        simulation.kill()
        simulation.run(for: .seconds(24 * 3600))
        simulation.start()
        simulation.run(for: .seconds(120))
        #expect(simulation.engine.measurings.count == 4, "nobody uses it")
    }

    @Test("What was found, and what is still to be looked at, outlive carrel")
    func survives() throws {
        let simulation = try simulation()
        simulation.start()
        let ada = try simulation.member("ada")
        let path = "/homes/\(ada.id)"
        let given = try simulation.claim(for: ada)
        simulation.engine.behaviour.homes = [path: Self.giga]
        simulation.run(for: .seconds(120))
        simulation.engine.behaviour.homes = [path: 2 * Self.giga]
        simulation.engine.behaviour.refuses = ["measure"]
        try stop(given, simulation)
        simulation.kill()
        simulation.engine.behaviour.refuses = []
        simulation.start()
        #expect(try homes(simulation, of: ada).first?.used == Self.giga)
        simulation.run(for: .seconds(10))
        #expect(try homes(simulation, of: ada).first?.used == 2 * Self.giga)
    }

    @Test("Many homes are measured one after the other, with rests, and nobody's claim waits for them")
    func oneAtATime() throws {
        let simulation = try simulation(spares: 1)
        simulation.engine.behaviour.measureTakes = .seconds(20)
        simulation.start()
        simulation.run(for: .seconds(5))
        for number in 0..<12 {
            let member = try simulation.member("member-\(number)")
            let before = simulation.clock.now()
            _ = try simulation.claim(for: member)
            #expect(simulation.clock.now() - before <= .seconds(4))
            simulation.run(for: .seconds(5))
        }
        simulation.run(for: .seconds(600))
        let measurings = simulation.engine.measurings
        #expect(Set(measurings.map(\.location)).count == 12 && measurings.count == 12)
        for (one, next) in zip(measurings, measurings.dropFirst()) { #expect(next.at - one.at >= .seconds(21)) }
        #expect(simulation.engine.faults == [])
    }

    @Test("What can't be measured is unknown, with a sentence, and not nothing")
    func unknown() throws {
        let simulation = try simulation(quota: Self.giga)
        simulation.engine.behaviour.homes = nil
        simulation.start()
        let ada = try simulation.member("ada")
        let given = try simulation.claim(for: ada)
        simulation.run(for: .seconds(120))
        let home = try #require(try homes(simulation, of: ada).first)
        #expect(home.used == nil && home.trouble == "It is far away." && home.measuredAt != nil && home.share == nil)
        try stop(given, simulation)
        _ = try simulation.claim(for: ada)
    }

    @Test("Whoever is over a quota that the file system does not keep goes on, and starts nothing new until it is less")
    func refused() throws {
        let simulation = try simulation(quota: 20 * Self.giga)
        simulation.start()
        let ada = try simulation.member("ada"), ben = try simulation.member("ben")
        let second = try #require(WorkspaceName("second"))
        let path = "/homes/\(ada.id)"
        let given = try simulation.claim(for: ada)
        simulation.engine.behaviour.homes = [path: 21 * Self.giga]
        simulation.run(for: .seconds(120))

        #expect(try simulation.claim(for: ada).id == given.id)
        let whileOpen = #expect(throws: CarrelError.self) { _ = try simulation.claim(for: ada, name: second) }
        #expect(whileOpen?.code == .homeFull)
        #expect(whileOpen?.message.hasPrefix("Your home holds 21 GiB and may hold 20 GiB") == true)
        #expect(whileOpen?.message.contains("Delete files in JupyterLab, which is still open") == true)
        _ = try simulation.claim(for: ben)
        try stop(given, simulation)
        let closed = #expect(throws: CarrelError.self) { _ = try simulation.claim(for: ada) }
        #expect(closed?.message.contains("Ask an operator to make room") == true)
        let decisions = try simulation.perform { try await $0.explain(user: ada.id) }
        #expect(decisions.first?.verdict == .refused && decisions.first?.because.contains("home") == true)

        // Somebody made room: the refusal itself has it looked at again.
        simulation.engine.behaviour.homes = [path: 19 * Self.giga]
        _ = #expect(throws: CarrelError.self) { _ = try simulation.claim(for: ada) }
        simulation.run(for: .seconds(60))
        _ = try simulation.claim(for: ada)
    }

    @Test("Where the file system keeps the quota nobody is refused: they must be able to delete something")
    func enforced() throws {
        let simulation = try simulation(quota: Self.giga, keepsQuotas: true)
        simulation.start()
        let ada = try simulation.member("ada")
        let given = try simulation.claim(for: ada)
        simulation.engine.behaviour.homes = ["/homes/\(ada.id)": Self.giga]
        simulation.run(for: .seconds(120))
        try stop(given, simulation)
        _ = try simulation.claim(for: ada)
        let home = try #require(try homes(simulation, of: ada).first)
        #expect(home.isFull && home.isEnforced)
    }

    @Test(
        "Every home with a quota has a project id of its own, the same for ever, and every file is looked at once a day"
    )
    func projects() throws {
        let simulation = try simulation(quota: Self.giga, keepsQuotas: true)
        simulation.start()
        let members = try (0..<3).map { try simulation.member("member-\($0)") }
        for member in members { try stop(try simulation.claim(for: member), simulation) }
        simulation.kill()
        simulation.start()
        for member in members.reversed() { _ = try simulation.claim(for: member) }
        simulation.run(for: .seconds(3700))
        simulation.kill()
        simulation.run(for: .seconds(24 * 3600))
        simulation.start()
        simulation.run(for: .seconds(120))
        var given: [String: Set<UInt32>] = [:]
        for measuring in simulation.engine.measurings {
            given[measuring.location, default: []].insert(try #require(measuring.quota?.project))
        }
        #expect(given.values.allSatisfy { $0.count == 1 })
        #expect(Set(given.values.flatMap { $0 }) == [500, 501, 502])
        let first = "/homes/\(members[0].id)"
        let whole = simulation.engine.measurings.filter { $0.location == first && $0.isWhole }
        #expect(whole.count == 2)
        #expect(simulation.engine.measurings.filter { $0.location == first }.count > whole.count)
    }

    @Test("A quota that is changed or taken away counts from the reload on, and replaces no spare")
    func reload() throws {
        let simulation = try simulation(quota: Self.giga, spares: 1)
        simulation.start()
        simulation.run(for: .seconds(5))
        let spares = try simulation.readySpares().map(\.id)
        let ada = try simulation.member("ada")
        simulation.rules.apps[0].home?.rule.quota = 2 * Self.giga
        let rules = simulation.rules
        try simulation.perform { await $0.reload(rules) }
        simulation.run(for: .seconds(10))
        #expect(try simulation.readySpares().map(\.id) == spares)
        _ = try simulation.claim(for: ada)
        simulation.run(for: .seconds(120))
        #expect(try homes(simulation, of: ada).first?.quota == 2 * Self.giga)
        #expect(simulation.engine.measurings.last?.quota?.bytes == 2 * Self.giga)
    }

    @Test("Quotas that the file system does not keep are told to operators")
    func findings() throws {
        for keeps in [true, false] {
            let simulation = try simulation(quota: Self.giga, keepsQuotas: keeps)
            simulation.start()
            simulation.run(for: .seconds(5))
            let findings = try simulation.perform { await $0.engines() }.flatMap(\.findings).map(\.message)
            #expect(findings.contains { $0.contains("homes.team.quota: this file system is simulated") } == !keeps)
        }
    }
}
