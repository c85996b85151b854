import CarrelCore
import CarrelTesting
import CarrelWorkspaces
import Testing

@Suite("Claims")
struct ClaimTests {
    @Test("A member gets a spare that was already running, with the home attached and the route published")
    func givesSpare() throws {
        let simulation = Simulation([try .lab(spares: 2)])
        simulation.start()
        simulation.run(for: .seconds(5))
        let spares = try simulation.readySpares()
        #expect(spares.count == 2)
        let ada = try simulation.member("ada")
        let before = simulation.clock.now()
        let given = try simulation.claim(for: ada)
        #expect(simulation.clock.now() - before <= .milliseconds(5))
        #expect(given.phase == .ready && given.isOpen)
        #expect(given.id == spares.first?.id)
        #expect(given.home == "/homes/\(ada.id)/default")
        #expect(simulation.engine.home(of: given.id) == given.home)
        #expect(simulation.engine.owner(of: given.id) == ada.id)
        let route = try #require(simulation.routes.routes[given.id])
        #expect(route.owner == ada.id)
        #expect(route.headers == [RouteHeader(name: "Authorization", value: "token \(given.token)")])
        #expect(given.trace?.source == .spare)
        simulation.run(for: .milliseconds(200))
        #expect(simulation.engine.calls["create"] == 3, "a new spare is on its way at once")
    }

    @Test("The same claim again gives the same workspace, and hands over once")
    func twice() throws {
        let simulation = Simulation([try .lab(spares: 2)])
        simulation.start()
        simulation.run(for: .seconds(5))
        let ada = try simulation.member("ada")
        let claims = (0..<5).map { _ in
            simulation.begin { try await $0.claim(.lab, name: .unnamed, for: ada, isOperator: false, by: .hub) }
        }
        simulation.run(for: .seconds(1))
        let given = try claims.map { try #require($0.value).get() }
        #expect(Set(given.map(\.id)).count == 1)
        #expect(given.map(\.isOpen) == Array(repeating: true, count: 5))
        #expect(simulation.engine.calls["attach"] == 1)
        #expect(simulation.routes.published.count == 1)
    }

    @Test("Without a spare it starts at once and is handed over when it answers")
    func coldStart() throws {
        let simulation = Simulation([try .lab()])
        simulation.start()
        let ada = try simulation.member("ada")
        let given = try simulation.claim(for: ada)
        #expect(given.phase == .starting)
        simulation.run(for: .seconds(4))
        let row = try #require(try simulation.row(given.id))
        #expect(row.isOpen)
        #expect(row.trace?.source == .cold)
        #expect(simulation.engine.home(of: given.id) == "/homes/\(ada.id)/default")
        #expect(simulation.routes.routes[given.id]?.owner == ada.id)
        simulation.routes.touch(given.id, at: simulation.clock.now())
        simulation.run(for: .seconds(3))
        let trace = try simulation.row(given.id)?.trace
        #expect(try #require(trace?.firstByte) >= 2000)
    }

    @Test("An unknown app and one that does not admit the member answer the same, and the refusal is recorded")
    func refuses() throws {
        let app = try App.lab { $0.access = AccessRule(groups: ["here:science"]) }
        let simulation = Simulation([app])
        simulation.start()
        let ada = try simulation.member("ada")
        var messages: Set<String> = []
        for id in [AppID.lab, AppID(fixed: "nothing")] {
            let error = #expect(throws: CarrelError.self) { try simulation.claim(id, for: ada) }
            #expect(error?.code == .notFound)
            messages.insert(error?.message ?? "")
        }
        #expect(messages.count == 1)
        let decisions = try simulation.perform { try await $0.explain(user: ada.id) }
        #expect(decisions.map(\.verdict) == [.refused, .refused])
        let given = try simulation.claim(for: simulation.member("eve", groups: ["here:science"]))
        #expect(given.phase == .starting)
    }

    @Test("A member gets no more workspaces of an app than it allows")
    func limit() throws {
        let simulation = Simulation([try .lab { $0.limitPerMember = 1 }])
        simulation.start()
        let ada = try simulation.member("ada")
        _ = try simulation.claim(for: ada)
        let other = try #require(WorkspaceName("other"))
        let error = #expect(throws: CarrelError.self) { try simulation.claim(for: ada, name: other) }
        #expect(error?.code == .limitReached)
        let decisions = try simulation.perform { try await $0.explain(user: ada.id) }
        #expect(decisions.first?.verdict == .refused)
    }

    @Test("A spare that can't take the home ends with the reason, and the member gets another")
    func attachFailsOnce() throws {
        let simulation = Simulation([try .lab(spares: 2)])
        simulation.start()
        simulation.run(for: .seconds(5))
        let first = try #require(try simulation.readySpares().first)
        simulation.engine.lose(first.id)
        let ada = try simulation.member("ada")
        let given = try simulation.claim(for: ada)
        #expect(given.isOpen)
        #expect(given.id != first.id)
        let failed = try #require(try simulation.row(first.id))
        #expect(failed.phase == .ended)
        #expect(failed.reason?.description.hasPrefix("failed: ") == true)
    }

    @Test("When no spare can take the home, the member is told so in a sentence")
    func attachFails() throws {
        let simulation = Simulation([try .lab(spares: 3)])
        simulation.start()
        simulation.run(for: .seconds(5))
        simulation.engine.behaviour.refuses = ["attach"]
        let ada = try simulation.member("ada")
        let error = #expect(throws: CarrelError.self) { try simulation.claim(for: ada) }
        #expect(error?.message.contains("The engine refuses to attach.") == true)
        let living = try simulation.living()
        #expect(living.filter { $0.owner != nil }.isEmpty)
    }

    @Test("Beyond the pool's bound a claim waits in the queue, and the oldest is admitted first")
    func queue() throws {
        let simulation = Simulation([try .lab(max: 1)])
        simulation.start()
        let members = try ["ada", "ben", "cy"].map { try simulation.member($0) }
        let given = try members.map { try simulation.claim(for: $0) }
        #expect(given.map(\.phase) == [.starting, .queued, .queued])
        let position = try simulation.perform { try await $0.queuePosition(given[2].id) }
        #expect(position == 2)
        simulation.run(for: .seconds(4))
        _ = try simulation.perform { try await $0.stop(given[0].id, reason: .user, by: .hub) }
        simulation.run(for: .seconds(4))
        #expect(try simulation.row(given[0].id)?.phase == .ended)
        #expect(try simulation.row(given[1].id)?.isOpen == true)
        #expect(try simulation.row(given[2].id)?.phase == .queued)
        #expect(try simulation.decisions(given[2].id).first?.verdict == .queued)
    }

    @Test("Opening again while the former one stops waits for its end and gives a new one")
    func afterStop() throws {
        let simulation = Simulation([try .lab(spares: 1)])
        simulation.start()
        simulation.run(for: .seconds(5))
        let ada = try simulation.member("ada")
        let first = try simulation.claim(for: ada)
        _ = try simulation.perform { try await $0.stop(first.id, reason: .user, by: .user(ada.id)) }
        #expect(simulation.routes.routes[first.id] == nil)
        let second = try simulation.claim(for: ada)
        #expect(second.id != first.id)
        #expect(try simulation.row(first.id)?.reason == .user)
        #expect(simulation.engine.faults == [])
    }

    @Test("A thousand claims by a hundred members: each has one workspace or a place in the queue")
    func thousand() throws {
        let simulation = Simulation([try .lab(spares: 50, max: 50)], startsAtOnce: 50)
        simulation.start()
        simulation.run(for: .seconds(10))
        #expect(try simulation.readySpares().count == 50)
        let members = try (0..<100).map { try simulation.member("member\($0)") }
        let claims = (0..<1000).map { index in
            let user = members[index % 100]
            return simulation.begin {
                (user.id, try await $0.claim(.lab, name: .unnamed, for: user, isOperator: false, by: .hub))
            }
        }
        simulation.run(for: .seconds(5))
        var owned: [UserID: Set<WorkspaceID>] = [:]
        for claim in claims {
            let (user, workspace) = try #require(claim.value).get()
            #expect(workspace.owner == user)
            owned[user, default: []].insert(workspace.id)
        }
        #expect(owned.count == 100)
        #expect(owned.values.filter { $0.count > 1 }.isEmpty)
        let living = try simulation.living()
        #expect(living.filter(\.isOpen).count == 50)
        #expect(living.filter { $0.phase == .queued }.count == 50)
        #expect(simulation.engine.faults == [])
    }

    @Test("On an engine that can't attach a home, the app has no spares and its home comes at the start")
    func withoutAttach() throws {
        var behaviour = SimulatedEngine.Behaviour()
        behaviour.canAttach = false
        let simulation = Simulation([try .lab(spares: 3)], behaviour: behaviour)
        simulation.start()
        simulation.run(for: .seconds(10))
        #expect(try simulation.living().isEmpty)
        let pool = try simulation.perform { try await $0.pools() }.first
        #expect(pool?.failing?.contains("can't attach a home") == true)
        let ada = try simulation.member("ada")
        let given = try simulation.claim(for: ada)
        simulation.run(for: .seconds(4))
        #expect(try simulation.row(given.id)?.isOpen == true)
        #expect(simulation.engine.home(of: given.id) == "/homes/\(ada.id)/default")
    }
}
