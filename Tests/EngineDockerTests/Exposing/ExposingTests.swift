import CarrelCore
import CarrelTesting
import Testing

@testable import EngineDocker

@Suite("Containers that somebody else started are shown by their labels", .enabled(if: DockerFixture.isThere))
struct ExposingTests {
    /// A container that is not carrel's. The caller removes it.
    private static func start(
        _ name: String,
        _ labels: [String: String],
        image: String = "carrel-test/tiny",
        network: String = "none",
        client: DockerClient
    ) async throws {
        let request = ContainerRequest(
            image: image,
            command: ["/bin/sh", "-c", "exec sleep 600"],
            entrypoint: [],
            environment: [],
            labels: labels,
            host: HostConfig(networkMode: network)
        )
        try await client.post("/containers/create", ["name": name], body: request)
        try await client.post("/containers/\(name)/start")
    }

    /// Runs `work` with an engine that looks for labels, a network, and what removes both.
    private static func with(_ work: (DockerEngine, DockerClient, String) async throws -> Void) async throws {
        let fixture = try DockerFixture()
        let client = DockerClient(.socket(DockerFixture.socket))
        let name = fixture.deployment.lowercased()
        func cleanUp() async {
            for part in ["a", "b", "c"] { try? await client.delete("/containers/\(name)-\(part)", ["force": "1"]) }
            try? await client.delete("/networks/\(name)")
            try? await client.delete("/images/\(name)", ["force": "1"])
            try? await fixture.cleanUp()
        }
        do {
            try await client.post(
                "/networks/create",
                body: NetworkRequest(
                    name: name,
                    driver: "bridge",
                    isInternal: false,
                    labels: [:],
                    options: [:],
                    addresses: .init(config: [["Subnet": "10.215.\(UInt8.random(in: 0...255)).0/29"]])
                )
            )
            try await work(fixture.dockerEngine(deployment: name) { $0.discover = true }, client, name)
        } catch {
            await cleanUp()
            throw error
        }
        await cleanUp()
    }

    private static func labels(_ deployment: String, _ more: [String: String] = [:]) -> [String: String] {
        let least = ["name": deployment, "port": "3000", "access": "company:ops", "deployment": deployment]
        return Dictionary(uniqueKeysWithValues: least.merging(more) { $1 }.map { ("org.carrel.expose.\($0)", $1) })
    }

    /// Another deployment's and another developer's may be on the same engine.
    private static func shown(_ engine: DockerEngine, _ name: String) async throws -> [ExposedService] {
        try await engine.exposed().services.filter { $0.name == name }
    }

    @Test("It is there with its address and its groups, is told when it comes and goes, and is no workspace")
    func comesAndGoes() async throws {
        try await Self.with { engine, client, name in
            let told = Count()
            let changes = engine.exposedChanges()
            let listening = Task { for await _ in changes { await told.add() } }
            defer { listening.cancel() }
            try await Self.start(name + "-a", Self.labels(name), network: name, client: client)
            try await Self.eventually("its start was never told") { await told.value > 0 }
            try await Self.eventually("it was never shown") { try await Self.shown(engine, name).count == 1 }
            let services = try await Self.shown(engine, name)
            let details: ContainerDetails = try await client.get("/containers/\(name)-a/json")
            let address = try #require(details.networkSettings?.networks?[name]?.address)
            #expect(services.map(\.endpoint) == [.tcp(host: address, port: 3000)])
            #expect(services.first?.access == AccessRule(users: [], groups: ["company:ops"]))
            #expect(try await engine.instances() == [])
            let before = await told.value
            try await client.post("/containers/\(name)-a/kill")
            try await Self.eventually("its end was never told") { await told.value > before }
            try await Self.eventually("it is still shown") { try await Self.shown(engine, name).isEmpty }
        }
    }

    private static func eventually(_ sentence: String, _ holds: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            if try await holds() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw ContractBroken(sentence)
    }

    @Test("Two with one name are both left out, and so are one without access and one of another deployment, as told")
    func clashes() async throws {
        try await Self.with { engine, client, name in
            try await Self.start(name + "-a", Self.labels(name), network: name, client: client)
            #expect(try await Self.shown(engine, name).count == 1)
            try await Self.start(name + "-b", Self.labels(name), network: name, client: client)
            #expect(try await Self.shown(engine, name).isEmpty)
            let told = try await engine.exposed().findings.map(\.message).filter { $0.contains(name) }
            #expect(
                told == [
                    "None is shown to members of the containers that call themselves \(name): \(name)-a, \(name)-b."
                ]
            )
            try await client.delete("/containers/\(name)-b", ["force": "1"])
            try await Self.start(name + "-b", Self.labels(name, ["deployment": "other"]), network: name, client: client)
            try await Self.start(name + "-c", Self.labels(name, ["access": ""]), network: name, client: client)
            #expect(try await Self.shown(engine, name).count == 1)
            #expect(
                try await engine.exposed().findings.contains {
                    $0.message.contains("\(name)-c is not shown to members") && $0.message.contains("access")
                }
            )
        }
    }

    @Test("Labels of an image show nothing, and neither do those of a workspace")
    func inherited() async throws {
        try await Self.with { engine, client, name in
            // An image that wants to be shown.
            try await Self.start(name + "-a", [:], network: name, client: client)
            let changes = Self.labels(name).map { "LABEL \($0.key)=\($0.value)" }.joined(separator: "\n")
            try await client.post(
                "/commit",
                ["container": name + "-a", "repo": name, "changes": changes],
                body: [String: String]()
            )
            try await Self.start(name + "-b", [:], image: name, network: name, client: client)
            let made: ContainerDetails = try await client.get("/containers/\(name)-b/json")
            #expect(made.config.labels?["org.carrel.expose.access"] == "company:ops")
            var workspace = Self.labels(name)
            workspace[ContainerLabels.workspace] = "ws-0000000000000000"
            try await Self.start(name + "-c", workspace, network: name, client: client)
            #expect(try await Self.shown(engine, name).isEmpty)
        }
    }

    @Test("Without being asked for it, an engine shows nothing of others")
    func off() async throws {
        try await DockerFixture.with { trial in #expect(await trial.engine.capabilities.exposed == nil) }
    }
}

private actor Count {
    private(set) var value = 0
    func add() { value += 1 }
}
