import CarrelCore
import CarrelTesting
import CarrelWorkspaces
import Testing

@Suite("Progress")
struct ProgressTests {
    @Test("A watcher is told each step in a sentence, and nothing after the end")
    func steps() throws {
        let simulation = Simulation([try .lab()])
        simulation.start()
        let given = try simulation.claim(for: simulation.member("ada"))
        let told = simulation.begin { carrel in
            var messages: [String] = []
            for await event in try await carrel.events(given.id) { messages.append(event.message) }
            return messages
        }
        simulation.run(for: .seconds(5))
        _ = try simulation.perform { try await $0.stop(given.id, reason: .user, by: .hub) }
        simulation.run(for: .seconds(5))
        let messages = try #require(told.value).get()
        #expect(messages.first == "Waiting for its turn to start" || messages.first == "Starting JupyterLab")
        #expect(
            messages.suffix(4) == ["Bringing your files", "Ready", "Stopping: as you asked", "Ended: as you asked"]
        )
        let again = simulation.begin { carrel in
            var messages: [String] = []
            for await event in try await carrel.events(given.id) { messages.append(event.message) }
            return messages
        }
        #expect(try again.value?.get() == ["Ended: as you asked"])
    }

    @Test("Who waits in the queue sees how many are before them")
    func queue() throws {
        let simulation = Simulation([try .lab(max: 1)])
        simulation.start()
        let members = try ["ada", "ben", "cy"].map { try simulation.member($0) }
        let given = try members.map { try simulation.claim(for: $0) }
        let told = simulation.begin { carrel in
            var seen: [String] = []
            for await event in try await carrel.events(given[2].id) {
                seen.append(event.message)
                if event.workspace.isOpen { break }
            }
            return seen
        }
        for id in given.prefix(2).map(\.id) {
            simulation.run(for: .seconds(5))
            _ = try simulation.perform { try await $0.stop(id, reason: .user, by: .hub) }
        }
        simulation.run(for: .seconds(10))
        let seen = try #require(told.value).get()
        #expect(seen.first == "Waiting for room: 1 before you")
        #expect(seen.contains("Waiting for room: you are next"))
        #expect(seen.last == "Ready")
    }

    @Test("The logs of one that ended are what was kept of them")
    func logs() throws {
        let simulation = Simulation([try .lab()])
        simulation.start()
        let given = try simulation.claim(for: simulation.member("ada"))
        simulation.run(for: .seconds(5))
        #expect(try simulation.perform { try await $0.logs(given.id, lines: 10) } == "started")
        simulation.engine.exit(given.id, code: 1, log: "one\ntwo\nthree\n")
        simulation.run(for: .seconds(5))
        #expect(try simulation.perform { try await $0.logs(given.id, lines: 2) } == "two\nthree")
    }
}
