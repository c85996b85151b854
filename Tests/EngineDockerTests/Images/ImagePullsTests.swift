import CarrelCore
import CarrelTesting
import Logging
import Testing

@testable import EngineDocker

@Suite("Fetching from an engine in trouble")
struct ImagePullsTests {
    private let log = RecordedLog()

    private func pulls(_ engine: ScriptedEngine, stallLimit: Duration = .seconds(600)) -> ImagePulls {
        var settings = DockerEngineSettings(slots: "/nowhere", initProgram: "")
        settings.dockerConfig = nil
        settings.registries["r.org"] = RegistryLogin(username: "puller", password: Secret("geheim"))
        let log = log
        return ImagePulls(
            client: DockerClient(.socket(engine.path)),
            access: RegistryAccess(settings),
            logger: Logger(label: "test") { _ in log },
            stallLimit: stallLimit
        )
    }

    @Test("A disk that is full in the middle of it is said as that, and the waiting is over")
    func fullDisk() async throws {
        let engine = try ScriptedEngine()
        let message =
            "failed to register layer: Error processing tar file(exit status 1): write /x: no space left on device"
        engine.answer([
            #"{"status":"Pulling fs layer","progressDetail":{},"id":"a"}"#,
            #"{"errorDetail":{"message":"\#(message)"},"error":"\#(message)"}"#,
        ])
        let pulls = pulls(engine)
        let told = pulls.board.listen()
        let workspace = WorkspaceID.random()
        do {
            try await pulls.pull(ImageName("r.org/a:1"), for: workspace)
            Issue.record("it should have failed")
        } catch let error as CarrelError {
            #expect(error.message == "The machine that runs the workspaces has no disk space left.")
            #expect(error.detail?.contains(message) == true)
            #expect(error.detail?.contains("fetching r.org/a:1 with credentials from the configuration") == true)
            #expect(!error.description.contains("geheim"))
        }
        var messages: [String?] = []
        for await step in told {
            messages.append(step.message)
            if step.message == nil { break }
        }
        #expect(messages.first == "Fetching the image")
        #expect(messages.last == .some(nil))
        #expect(!log.lines.joined().contains("geheim"))
    }

    @Test("A fetch of which nothing is heard any more breaks off with a sentence")
    func silence() async throws {
        let engine = try ScriptedEngine()
        engine.answer([#"{"status":"Pulling fs layer","progressDetail":{},"id":"a"}"#], silent: true)
        do {
            try await pulls(engine, stallLimit: .milliseconds(200)).pull(ImageName("r.org/a:1"), for: nil)
            Issue.record("it should have failed")
        } catch let error as CarrelError {
            #expect(error.message == "The app's image can't be fetched: its registry can't be reached.")
            #expect(error.detail?.contains("the engine has said nothing for 200 ms") == true)
        }
    }

    @Test("Who is cancelled is let go at once, and the fetch ends with the last who waits")
    func cancelled() async throws {
        let engine = try ScriptedEngine()
        let exchange = engine.answer([], silent: true)
        let pulls = pulls(engine)
        let told = pulls.board.listen()
        let ids = [WorkspaceID.random(), WorkspaceID.random()]
        let waiting = ids.map { id in Task { try await pulls.pull(ImageName("r.org/a:1"), for: id) } }
        var begun: Set<WorkspaceID> = []
        for await step in told {
            begun.insert(step.workspace)
            if begun.count == 2 { break }
        }
        try await exchange.asked.wait()
        for task in waiting {
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        // The engine sees the connection go.
        try await exchange.gone.wait()
    }

    @Test("An engine that is not there is said as that")
    func nobody() async throws {
        let path: String
        do { path = try ScriptedEngine().path }
        let client = DockerClient(.socket(path))
        let settings = DockerEngineSettings(slots: "/nowhere", initProgram: "")
        let log = log
        let pulls = ImagePulls(
            client: client,
            access: RegistryAccess(settings),
            logger: Logger(label: "t") { _ in log }
        )
        await #expect {
            try await pulls.pull(ImageName("127.0.0.1:1/a:1"), for: nil)
        } throws: {
            ($0 as? CarrelError)?.message == "The container engine does not answer."
        }
    }
}
