import CarrelCore
import CarrelTesting
import EngineHost
import Foundation
import Glibc
import Logging
import Synchronization

@testable import EngineDocker

/// A Docker engine of a deployment of its own, on a directory of its own below /tmp. `scripts/docker.sh start` makes the
/// engine and the image that it needs.
final class DockerFixture: EngineFixture {
    static let socket = ProcessInfo.processInfo.environment["CARREL_DOCKER_SOCKET"] ?? "/var/run/docker.sock"
    /// Whether an engine listens there.
    static let isThere = access(socket, R_OK | W_OK) == 0

    let root: String
    let deployment: String
    private let made = Mutex<[DockerEngine]>([])

    private let clock: any WallClock

    init(clock: any WallClock = SystemClock()) throws {
        self.clock = clock
        var template = Array("/tmp/carrel-docker-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ContractBroken("no directory below /tmp") }
        root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        deployment = "tests-" + (root.split(separator: "-").last ?? "")
    }

    func dockerEngine(
        state: String = "state",
        deployment: String? = nil,
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        change: (inout DockerEngineSettings) -> Void = { _ in }
    ) async throws -> DockerEngine {
        guard let name = EngineName("docker") else { throw ContractBroken("docker is no name") }
        var settings = DockerEngineSettings(
            address: .socket(Self.socket),
            slots: root + "/" + state + "/slots",
            initProgram: try Self.initProgram()
        )
        settings.calm = .zero
        change(&settings)
        let engine = DockerEngine(
            name: name,
            deployment: deployment ?? self.deployment,
            stateDirectory: root + "/" + state,
            settings: settings,
            clock: clock,
            logger: logger
        )
        made.withLock { $0.append(engine) }
        try await engine.prepare()
        return engine
    }

    /// Beside the test bundle, where the build puts it; `CARREL_INIT` where the tests run from elsewhere.
    private static func initProgram() throws -> String {
        if let named = ProcessInfo.processInfo.environment["CARREL_INIT"] { return named }
        let binary = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let bundles = [CommandLine.arguments.first { $0.hasSuffix(".xctest") }, binary].compactMap { $0 }
        let candidates = bundles.map { URL(fileURLWithPath: $0).deletingLastPathComponent().path + "/carrel-init" }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? candidates[0]
    }

    func engine() async throws -> any Engine { try await dockerEngine() }
    func otherDeployment() async throws -> any Engine {
        try await dockerEngine(state: "other", deployment: deployment + "-other")
    }

    func app(_ script: String, withHome: Bool) throws -> App {
        try app(command: ["/bin/sh", "-c", script], withHome: withHome)
    }

    func brokenApp(_ name: String) throws -> App { try app(command: [name], withHome: false) }

    func app(command: [String], withHome: Bool = false) throws -> App {
        guard let id = AppID("app"), let engine = EngineName("docker") else { throw ContractBroken("no name") }
        let rule = HomeRule(id: "team", engine: engine, location: Template(literal: root), kind: .directory)
        return App(
            id: id,
            title: "App",
            engine: engine,
            image: "carrel-test/tiny",
            command: command.map(Template.init(literal:)),
            home: withHome ? HomeUse(rule: rule, mount: "/home/member") : nil
        )
    }

    func home(_ member: String, for app: App) throws -> HomeMount {
        let uid: UInt32 = member == "ada" ? 70_001 : 70_002
        return HomeMount(location: "\(root)/homes/\(member)", mount: app.home?.mount ?? "/home/member", storageUID: uid)
    }

    /// Runs `work` with an engine and cleans up whatever happens.
    static func with(clock: any WallClock = SystemClock(), _ work: (DockerTrial) async throws -> Void) async throws {
        let fixture = try DockerFixture(clock: clock)
        do { try await work(DockerTrial(fixture: fixture, engine: fixture.dockerEngine())) } catch {
            try? await fixture.cleanUp()
            throw error
        }
        try await fixture.cleanUp()
    }

    /// Homes outlive workspaces; those of tests don't outlive tests.
    private func removeVolumes() async throws {
        struct Listing: Decodable { var Volumes: [VolumeDetails]? }
        let client = DockerClient(.socket(Self.socket))
        let listing: Listing = try await client.get("/volumes", ["filters": ContainerLabels.filter(deployment)])
        for volume in listing.Volumes ?? [] { try await client.delete("/volumes/\(volume.name)", ["force": "1"]) }
    }

    func cleanUp() async throws {
        for engine in made.withLock({ $0 }) {
            for instance in try await engine.instances() { try await engine.destroy(instance.workspace, grace: .zero) }
        }
        for engine in made.withLock({ $0 }) { try await engine.dismantle() }
        try await removeVolumes()
        try FileManager.default.removeItem(atPath: root)
    }
}
