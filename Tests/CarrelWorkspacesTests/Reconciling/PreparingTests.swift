import CarrelCore
import CarrelTesting
import CarrelWorkspaces
import Testing

@Suite("What is fetched before a start")
struct PreparingTests {
    private func simulation(_ apps: [App], startsAtOnce: Int = 4) -> Simulation {
        var behaviour = SimulatedEngine.Behaviour()
        behaviour.fetchTakes = .seconds(300)
        return Simulation(apps, startsAtOnce: startsAtOnce, behaviour: behaviour)
    }

    @Test("Its time does not count against the time that the app has to answer")
    func doesNotCount() throws {
        let simulation = simulation([try .lab()])
        simulation.start()
        let given = try simulation.claim(for: simulation.member("ada"))
        simulation.run(for: .seconds(295))
        #expect(try simulation.row(given.id)?.phase == .starting)
        #expect(try simulation.row(given.id)?.startedAt == nil)
        simulation.run(for: .seconds(15))
        #expect(try simulation.row(given.id)?.isOpen == true)
    }

    @Test("The app that does not answer after it ends in time all the same")
    func stillBounded() throws {
        let simulation = simulation([try .lab()])
        simulation.engine.behaviour.bootTakes = .seconds(100_000)
        simulation.start()
        let given = try simulation.claim(for: simulation.member("ada"))
        simulation.run(for: .seconds(350))
        #expect(try simulation.row(given.id)?.phase == .starting)
        simulation.run(for: .seconds(20))
        #expect(try simulation.row(given.id)?.reason == .failed("JupyterLab did not answer within 1 min: started"))
    }

    @Test("The member is told how far it is, and then that the app starts")
    func isTold() throws {
        let simulation = simulation([try .lab()])
        simulation.start()
        let given = try simulation.claim(for: simulation.member("ada"))
        let told = simulation.begin { carrel in
            var messages: [String] = []
            for await event in try await carrel.events(given.id) {
                messages.append(event.message)
                if event.workspace.isOpen { break }
            }
            return messages
        }
        simulation.run(for: .seconds(320))
        let messages = try #require(told.value).get()
        let fetching = try #require(messages.firstIndex(of: "Fetching the image: 1 of 2 layers"))
        #expect(messages[fetching...].contains("Starting JupyterLab"))
        #expect(messages.last == "Ready")
        #expect(!messages[..<fetching].contains("Starting JupyterLab"))
    }

    @Test("Who comes to the progress page in the middle of it is told at once")
    func late() throws {
        let simulation = simulation([try .lab()])
        simulation.start()
        let given = try simulation.claim(for: simulation.member("ada"))
        simulation.run(for: .seconds(100))
        let told = simulation.begin { carrel in
            for await event in try await carrel.events(given.id) { return event.message }
            return ""
        }
        #expect(try told.value?.get() == "Fetching the image: 1 of 2 layers")
    }

    @Test("Who stops waiting for it is let go at once, and may come again")
    func stopped() throws {
        let simulation = simulation([try .lab()])
        simulation.start()
        let ada = try simulation.member("ada")
        let given = try simulation.claim(for: ada)
        simulation.run(for: .seconds(10))
        _ = try simulation.perform { try await $0.stop(given.id, reason: .user, by: .hub) }
        simulation.run(for: .seconds(5))
        #expect(try simulation.row(given.id)?.phase == .ended)
        let again = try simulation.claim(for: ada)
        #expect(again.id != given.id)
        simulation.run(for: .seconds(310))
        #expect(try simulation.row(again.id)?.isOpen == true)
        #expect(simulation.engine.calls["fetch"] == 1)
        #expect(simulation.engine.running == [again.id])
    }

    @Test("Apps whose images are there do not wait behind one whose image is fetched")
    func others() throws {
        let other = AppID(fixed: "other")
        let apps = [
            try App.lab(spares: 6),
            App(id: other, title: "Other", engine: .here, pool: PoolPolicy(spares: 2)),
        ]
        let simulation = simulation(apps, startsAtOnce: 2)
        simulation.start()
        simulation.run(for: .seconds(250))
        let starting = try simulation.living()
        #expect(starting.filter { $0.app == .lab }.count == 6)
        simulation.run(for: .seconds(120))
        #expect(try simulation.readySpares().count == 8)
        #expect(simulation.engine.calls["fetch"] == 2)
    }

    @Test("A carrel that dies while it is fetched goes on with it at its next start")
    func crash() throws {
        let simulation = simulation([try .lab()])
        simulation.start()
        let given = try simulation.claim(for: simulation.member("ada"))
        simulation.run(for: .seconds(200))
        simulation.kill()
        simulation.start()
        simulation.run(for: .seconds(10))
        #expect(try simulation.row(given.id)?.phase == .starting)
        simulation.run(for: .seconds(310))
        #expect(try simulation.row(given.id)?.isOpen == true)
    }

    @Test("What can't be had ends the workspace with its sentence, and an hour of it costs a few dozen tries")
    func cannotBeHad() throws {
        let simulation = simulation([try .lab(spares: 5)])
        simulation.engine.behaviour.fetchTakes = .seconds(1)
        simulation.engine.behaviour.refuses = ["fetch"]
        simulation.start()
        let given = try simulation.claim(for: simulation.member("ada"))
        simulation.run(for: .seconds(3600))
        #expect(try simulation.row(given.id)?.reason == .failed("The engine refuses to fetch."))
        let tries = simulation.engine.calls["fetch"] ?? 0
        #expect((10...40).contains(tries), "\(tries) tries")
        #expect(simulation.engine.calls["create"] == nil)
        let failing = try simulation.perform { try await $0.pools() }.first?.failing
        #expect(failing?.contains("The engine refuses to fetch.") == true)
        simulation.engine.behaviour.refuses = []
        simulation.run(for: .seconds(600))
        #expect(try simulation.readySpares().count == 5)
    }

    @Test("Spares of an image whose name moved are replaced one at a time, never below the wanted number")
    func moved() throws {
        let simulation = Simulation([try .lab(spares: 3)])
        simulation.start()
        simulation.run(for: .seconds(10))
        let given = try simulation.claim(for: simulation.member("ada"))
        simulation.run(for: .seconds(10))
        let before = Set(try simulation.readySpares().map(\.id))
        simulation.engine.moveImage(of: before.union([given.id]))
        for _ in 0..<600 {
            simulation.run(for: .milliseconds(100))
            #expect(try simulation.readySpares().count >= 3)
            #expect(simulation.engine.running.count <= 6)
        }
        let after = try simulation.readySpares()
        #expect(after.count == 3)
        #expect(before.isDisjoint(with: after.map(\.id)))
        #expect(try simulation.row(given.id)?.isOpen == true, "what a member has stays theirs")
        let first = try #require(before.first)
        #expect(try simulation.decisions(first).first?.because == "there is a newer image of the app")
    }
}
