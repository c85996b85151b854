import CarrelCore
import CarrelTesting
import Testing

@testable import EngineDocker

@Suite("Keeping away from the engine's networks after containers ended by themselves")
struct CalmTests {
    @Test("Nobody waits where nothing ended")
    func quiet() async throws {
        let calm = Calm(.seconds(3600))
        #expect(calm.isThere)
        try await calm.wait()
        calm.ended("one")
        #expect(!calm.isThere)
    }

    @Test(
        "A container that carrel itself takes down has not ended by itself, whoever looks at it meanwhile",
        .enabled(if: DockerFixture.isThere)
    )
    func ownEnds() async throws {
        let fixture = try DockerFixture()
        do {
            let engine = try await fixture.dockerEngine { $0.calm = .seconds(3600) }
            let trial = DockerTrial(fixture: fixture, engine: engine)
            let looking = Task { while !Task.isCancelled { _ = try await engine.instances() } }
            for _ in 0..<3 {
                let instance = try await trial.start("trap 'exit 0' TERM; while :; do sleep 1 & wait; done")
                try await engine.destroy(instance.workspace, grace: .seconds(5))
            }
            looking.cancel()
            _ = await looking.result
            #expect(engine.networks.calm.isThere)
        } catch {
            try? await fixture.cleanUp()
            throw error
        }
        try await fixture.cleanUp()
    }

    @Test("Containers that end all the time hold nobody up for ever")
    func bounded() async throws {
        let calm = Calm(.milliseconds(200))
        let ending = Task {
            for number in 0..<1_000_000 where !Task.isCancelled {
                calm.ended("\(number)")
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        // Would take hours otherwise.
        try await calm.wait()
        ending.cancel()
    }
}
