import CarrelCore
import CarrelTesting
import Foundation
import Testing

@testable import EngineDocker

@Suite("The container engine fails in the middle of anything", .enabled(if: DockerFixture.isThere))
struct UnreliableEngineTests {
    /// A deployment whose engine object speaks through an unreliable one.
    struct Trial {
        let fixture: DockerFixture
        let proxy: UnreliableEngine
        let engine: DockerEngine

        func spec(_ script: String = "exec sleep 600") throws -> InstanceSpec {
            let app = try fixture.app(script, withHome: true)
            var random = SystemRandomNumberGenerator()
            let id = WorkspaceID(from: &random)
            return InstanceSpec(
                workspace: id,
                app: app,
                definition: app.definition,
                values: [.workspaceID: "\(id)", .workspaceToken: "token-\(id)", .workspacePath: "/w/\(id)/"]
            )
        }

        func eventually(_ sentence: String, _ holds: () async throws -> Bool) async throws {
            try await DockerTrial(fixture: fixture, engine: engine).eventually(sentence, holds)
        }

        /// What the real engine has of this deployment.
        func containers() async throws -> [ContainerSummary] {
            let query = ["all": "1", "filters": ContainerLabels.filter(fixture.deployment)]
            return try await DockerClient(.socket(DockerFixture.socket)).get("/containers/json", query)
        }

        func networks() async throws -> Int {
            let list: [NetworkDetails] = try await DockerClient(.socket(DockerFixture.socket))
                .get("/networks", ["filters": ContainerLabels.filter(fixture.deployment)])
            return list.count
        }

        /// Nothing of any workspace, after the reconciler took down what is listed.
        func expectNothingLeft(_ location: SourceLocation = #_sourceLocation) async throws {
            try await eventually("Something is left") {
                for instance in try await engine.instances() {
                    try? await engine.destroy(instance.workspace, grace: .zero)
                }
                let networks = try await networks()
                return try await containers().isEmpty && networks == 0
            }
            #expect(engine.directories.workspaces == [], sourceLocation: location)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: engine.directories.slots) == [],
                sourceLocation: location
            )
        }
    }

    static func with(
        patience: Duration = .seconds(60),
        eventsRound: Duration = .seconds(30),
        _ work: (Trial) async throws -> Void
    ) async throws {
        let fixture = try DockerFixture()
        do {
            try await UnreliableEngine.with(path: fixture.root + "/proxy.sock", upstream: DockerFixture.socket) {
                proxy in
                let engine = try await fixture.dockerEngine {
                    $0.address = .socket(proxy.path)
                    $0.patience = patience
                    $0.eventsRound = eventsRound
                }
                let trial = Trial(fixture: fixture, proxy: proxy, engine: engine)
                do { try await work(trial) } catch {
                    proxy.stopPlaying()
                    try? await fixture.cleanUp()
                    throw error
                }
                proxy.stopPlaying()
                try await fixture.cleanUp()
            }
        }
    }

    /// What goes wrong with one call.
    struct Mishap: Sendable, CustomTestStringConvertible {
        let trick: UnreliableEngine.Trick
        let method: String
        let path: String
        var testDescription: String { "\(trick) \(method) \(path)" }

        static let quick: [UnreliableEngine.Trick] = [.refuse, .dropBefore, .dropAfter]
        static let starts =
            [Mishap(trick: .dropAfter, method: "POST", path: "/networks/create")]
            + ["/containers/create", "/start"]
            .flatMap { path in quick.map { Mishap(trick: $0, method: "POST", path: path) } }
        static let ends =
            ["/kill", "/wait"].map { Mishap(trick: .dropAfter, method: "POST", path: $0) }
            + quick.map { Mishap(trick: $0, method: "DELETE", path: "") }
        static let silences = [
            Mishap(trick: .hold, method: "POST", path: "/containers/create"),
            Mishap(trick: .headOnly, method: "POST", path: "/containers/create"),
            Mishap(trick: .swallow, method: "POST", path: "/start"),
        ]
    }

    @Test("A start that fails half way leaves nothing, and repeated it makes one container", arguments: Mishap.starts)
    func start(_ mishap: Mishap) async throws {
        try await Self.with { trial in
            let spec = try trial.spec()
            trial.proxy.play(mishap.trick, on: mishap.method, mishap.path)
            await #expect(throws: CarrelError.self) { _ = try await trial.engine.create(spec) }
            try await trial.expectNothingLeft()
            let made = try await trial.engine.create(spec)
            let again = try await trial.engine.create(spec)
            #expect(made.state == .running && again.endpoint == made.endpoint)
            #expect(try await trial.containers().count == 1)
        }
    }

    @Test("An end that fails half way is finished when it is repeated", arguments: Mishap.ends)
    func end(_ mishap: Mishap) async throws {
        try await Self.with { trial in
            let spec = try trial.spec()
            _ = try await trial.engine.create(spec)
            trial.proxy.play(mishap.trick, on: mishap.method, mishap.path)
            // The first may succeed, where what was lost was only the answer.
            try? await trial.engine.destroy(spec.workspace, grace: .zero)
            try await trial.engine.destroy(spec.workspace, grace: .zero)
            #expect(try await trial.containers().isEmpty)
            #expect(try await trial.networks() == 0)
            #expect(trial.engine.directories.workspaces == [])
        }
    }

    @Test("A stop within its grace that loses its answer is finished when it is repeated")
    func stop() async throws {
        try await Self.with { trial in
            let spec = try trial.spec("trap 'exit 0' TERM; while :; do sleep 0.05; done")
            _ = try await trial.engine.create(spec)
            trial.proxy.play(.dropAfter, on: "POST", "/stop")
            await #expect(throws: CarrelError.self) {
                try await trial.engine.destroy(spec.workspace, grace: .seconds(20))
            }
            try await trial.engine.destroy(spec.workspace, grace: .seconds(20))
            #expect(try await trial.containers().isEmpty)
        }
    }

    @Test("A call that is never answered ends, and so does the start that waits for it", arguments: Mishap.silences)
    func silence(_ mishap: Mishap) async throws {
        try await Self.with(patience: .seconds(4)) { trial in
            let spec = try trial.spec()
            trial.proxy.play(mishap.trick, on: mishap.method, mishap.path)
            let error = await #expect(throws: CarrelError.self) { _ = try await trial.engine.create(spec) }
            #expect(error?.message == "The container engine does not answer.")
            // A patient one on the same state, as after a restart.
            let calm = Trial(fixture: trial.fixture, proxy: trial.proxy, engine: try await trial.fixture.dockerEngine())
            try await calm.expectNothingLeft()
            _ = try await calm.engine.create(spec)
            #expect(try await trial.containers().count == 1)
        }
    }

    @Test(
        "A listing and a log that are never answered end in a sentence",
        arguments: [UnreliableEngine.Trick.hold, .headOnly]
    )
    func silentListing(_ trick: UnreliableEngine.Trick) async throws {
        try await Self.with(patience: .seconds(4)) { trial in
            let calm = try await trial.fixture.dockerEngine()
            let spec = try trial.spec("echo here; exec sleep 600")
            _ = try await calm.create(spec)
            trial.proxy.play(trick, on: "GET", "/containers/json", times: .max)
            trial.proxy.play(trick, on: "GET", "/logs", times: .max)
            let listing = Task { try await trial.engine.instances() }
            let log = Task { try await trial.engine.tail(spec.workspace, lines: 5) }
            await #expect(throws: CarrelError.self) { _ = try await listing.value }
            await #expect(throws: CarrelError.self) { _ = try await log.value }
            #expect(try await calm.instances().map(\.state) == [.running])
        }
    }

    @Test("A start that is cancelled ends at once, though nobody answers")
    func cancelled() async throws {
        try await Self.with { trial in
            let spec = try trial.spec()
            trial.proxy.play(.hold, on: "POST", "/start")
            let start = Task { try await trial.engine.create(spec) }
            try await trial.eventually("The container was never asked to start") {
                trial.proxy.calls.contains { $0.hasPrefix("POST") && $0.hasSuffix("/start") }
            }
            start.cancel()
            let begun = ContinuousClock.now
            guard case .failure = await start.result else {
                Issue.record("It started")
                return
            }
            #expect(ContinuousClock.now - begun < .seconds(30))
            // What it left is cleared away by the next start of the same workspace.
            #expect(try await trial.engine.create(spec).state == .running)
            #expect(try await trial.containers().count == 1)
        }
    }

    @Test("A listing that lags behind a start does not make the new workspace look gone, or interrupted")
    func laggingStart() async throws {
        try await Self.with { trial in
            trial.proxy.freeze("/containers/json")
            #expect(try await trial.engine.instances() == [])
            let spec = try trial.spec()
            let made = try await trial.engine.create(spec)
            let listed = try await trial.engine.instances()
            #expect(listed == [made])
            #expect(try await trial.engine.create(spec) == made)
            #expect(try await trial.containers().count == 1)
        }
    }

    @Test("A listing from the middle of a start does not make the workspace look interrupted")
    func listingOfTheMiddle() async throws {
        try await Self.with { trial in
            let spec = try trial.spec()
            trial.proxy.play(.dropBefore, on: "POST", "/start")
            // Its container is there, and not started, for as long as the one that ends it is held.
            trial.proxy.play(.hold, on: "DELETE", ContainerLabels.name(spec.workspace))
            let broken = Task { try await trial.engine.create(spec) }
            try await trial.eventually("The start was never given up") {
                trial.proxy.calls.contains { $0.hasPrefix("DELETE") }
            }
            #expect(try await trial.containers().map(\.state) == ["created"])
            trial.proxy.freeze("/containers/json")
            _ = try await trial.engine.instances()
            broken.cancel()
            _ = await broken.result
            let made = try await trial.engine.create(spec)
            #expect(try await trial.engine.instances() == [made])
        }
    }

    @Test("A listing that lags behind an end only makes it look unfinished, and ending it again does no harm")
    func laggingEnd() async throws {
        try await Self.with { trial in
            let spec = try trial.spec()
            _ = try await trial.engine.create(spec)
            trial.proxy.freeze("/containers/json")
            #expect(try await trial.engine.instances().count == 1)
            try await trial.engine.destroy(spec.workspace, grace: .zero)
            for instance in try await trial.engine.instances() {
                try await trial.engine.destroy(instance.workspace, grace: .zero)
            }
            trial.proxy.thaw("/containers/json")
            #expect(try await trial.engine.instances() == [])
        }
    }

    @Test("Events come again after their stream was cut in silence, those of meanwhile too")
    func silentEvents() async throws {
        try await Self.with(eventsRound: .seconds(2)) { trial in
            let told = Told()
            let reading = Task { for await workspace in trial.engine.events() { await told.add(workspace) } }
            let first = try trial.spec()
            try await trial.eventually("Nobody asked for events") {
                trial.proxy.calls.contains { $0.hasSuffix("/events") }
            }
            _ = try await trial.engine.create(first)
            try await trial.eventually("The first start was never told") { await told.has(first.workspace) }
            trial.proxy.silence("/events")
            let second = try trial.spec()
            _ = try await trial.engine.create(second)
            try await trial.eventually("What happened meanwhile was never told") { await told.has(second.workspace) }
            reading.cancel()
            await reading.value
        }
    }

    @Test("Events come again after their stream was broken off, and after it never began", arguments: [false, true])
    func brokenEvents(neverBegins: Bool) async throws {
        try await Self.with(patience: .seconds(4)) { trial in
            trial.proxy.play(neverBegins ? .hold : .dropBefore, on: "GET", "/events")
            let told = Told()
            let reading = Task { for await workspace in trial.engine.events() { await told.add(workspace) } }
            let spec = try trial.spec()
            _ = try await trial.fixture.dockerEngine().create(spec)
            try await trial.eventually("The start was never told") { await told.has(spec.workspace) }
            reading.cancel()
            await reading.value
        }
    }
}

private actor Told {
    private var workspaces: Set<WorkspaceID> = []
    func add(_ workspace: WorkspaceID) { workspaces.insert(workspace) }
    func has(_ workspace: WorkspaceID) -> Bool { workspaces.contains(workspace) }
}
