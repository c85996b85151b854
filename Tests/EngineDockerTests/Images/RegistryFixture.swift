import CarrelCore
import CarrelTesting
import Foundation
import Glibc
import Logging
import Synchronization

@testable import EngineDocker

/// A real registry that asks for a password, on a port of its own, and images of its own in it. Debian: docker-registry.
final class RegistryFixture {
    static let program = "/usr/bin/docker-registry"
    static let isThere = DockerFixture.isThere && access(program, X_OK) == 0
    static let username = "puller"
    static let password = "geheim+/7?"
    /// Of that password, by bcrypt.
    private static let hash = "$2y$05$ZDt7OuYKN9FP/bPAuPEhvOVYeqfpf6maQplVKgUqvZAytFYyo73Nm"

    let docker: DockerFixture
    let log = RecordedLog()
    let registry: String
    let client = DockerClient(.socket(DockerFixture.socket))
    private let process = Process()
    private let made = Mutex<Set<String>>([])

    private init() throws {
        docker = try DockerFixture()
        let port = try Self.freePort()
        registry = "127.0.0.1:\(port)"
        let directory = docker.root
        try Data("\(Self.username):\(Self.hash)\n".utf8).write(to: URL(fileURLWithPath: directory + "/htpasswd"))
        let configuration = """
            version: 0.1
            log: { level: error, accesslog: { disabled: true } }
            storage: { filesystem: { rootdirectory: \(directory)/registry }, delete: { enabled: true } }
            http: { addr: "\(registry)" }
            auth: { htpasswd: { realm: test, path: \(directory)/htpasswd } }
            """
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: directory + "/registry.yml"))
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.arguments = ["serve", directory + "/registry.yml"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
    }

    /// Starts it for the time of the body; afterwards nothing is left of it.
    static func with(_ body: (RegistryFixture) async throws -> Void) async throws {
        let fixture = try RegistryFixture()
        try fixture.process.run()
        do {
            try await fixture.awaitAnswer()
            try await body(fixture)
        } catch {
            try? await fixture.cleanUp()
            throw error
        }
        try await fixture.cleanUp()
    }

    var credentials: [String: RegistryLogin] {
        [registry: RegistryLogin(username: Self.username, password: Secret(Self.password))]
    }

    func engine(_ change: (inout DockerEngineSettings) -> Void = { _ in }) async throws -> DockerEngine {
        let log = log
        return try await docker.dockerEngine(logger: Logger(label: "test") { _ in log }) {
            // Whoever runs the tests may have credentials of their own.
            $0.dockerConfig = docker.root + "/config.json"
            try? Data("{}".utf8).write(to: URL(fileURLWithPath: docker.root + "/config.json"))
            change(&$0)
        }
    }

    /// An image that no other is, under this name; its id.
    @discardableResult
    func make(_ name: String) async throws -> String {
        let container: Made = try await client.post("/containers/create", body: Bare(), as: Made.self)
        do {
            let parts = ImageName(name)
            let image: Made = try await client.post(
                "/commit",
                [
                    "container": container.id, "repo": "\(parts.registry)/\(parts.repository)", "tag": parts.tag ?? "",
                    "changes": "LABEL version=\(UUID().uuidString)",
                ],
                body: [String: String](),
                as: Made.self
            )
            made.withLock { _ = $0.insert(image.id) }
            try await client.delete("/containers/\(container.id)")
            return image.id
        } catch {
            try await client.delete("/containers/\(container.id)")
            throw error
        }
    }

    /// Makes an image, brings it to the registry, and forgets it here.
    @discardableResult
    func publish(_ name: String) async throws -> String {
        let id = try await make(name)
        let parts = ImageName(name)
        let headers = ["X-Registry-Auth": try credentials[registry]?.header(for: registry) ?? ""]
        let path = "/images/\(parts.registry)/\(parts.repository)/push"
        try await client.stream(post: path, ["tag": parts.tag ?? ""], headers: headers).lines(PullLine.self) {
            if let failure = $0.failure { throw ContractBroken("not pushed: \(failure)") }
        }
        try await client.delete("/images/\(name)")
        return id
    }

    /// Brings another image to the registry under this name, while here it goes on meaning what it means.
    func publishBeside(_ name: String) async throws {
        let here: ImageDetails = try await client.get("/images/\(name)/json")
        try await publish(name)
        let parts = ImageName(name)
        let tag = ["repo": "\(parts.registry)/\(parts.repository)", "tag": parts.tag ?? ""]
        try await client.post("/images/\(here.id)/tag", tag)
    }

    func app(_ image: String) throws -> App {
        var app = try docker.app(command: ["/bin/sh", "-c", "sleep 600"])
        app.image = image
        return app
    }

    func spec(_ app: App) -> InstanceSpec {
        InstanceSpec(workspace: .random(), app: app, definition: app.definition, values: [:])
    }

    private func awaitAnswer() async throws {
        for _ in 0..<600 where process.isRunning {
            do {
                let _: EngineVersion = try await client.get("/version")
                if try Self.connects(to: registry) { return }
            } catch let fault as DockerFault { throw ContractBroken("\(fault)") }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw ContractBroken("the registry does not answer")
    }

    private func cleanUp() async throws {
        process.terminate()
        process.waitUntilExit()
        try await docker.cleanUp()
        for id in made.withLock({ $0 }) {
            do { try await client.delete("/images/\(id)", ["force": "1"]) } catch let fault as DockerFault
                where fault.isMissing
            {}
        }
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    /// A port of this machine that nobody listens at.
    static func freePort() throws -> UInt16 {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(file) }
        var address = address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(file, $0, length) | getsockname(file, $0, &length)
            }
        }
        guard result == 0 else { throw ContractBroken("no free port") }
        return UInt16(bigEndian: address.sin_port)
    }

    private static func connects(to registry: String) throws -> Bool {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(file) }
        var address = address(port: registry.split(separator: ":").last.flatMap { UInt16($0) } ?? 0)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        } == 0
    }

    private struct Made: Decodable {
        var id: String
        enum CodingKeys: String, CodingKey { case id = "Id" }
    }

    private struct Bare: Encodable {
        var image = "carrel-test/tiny"
        var command = ["/bin/true"]
        enum CodingKeys: String, CodingKey {
            case image = "Image"
            case command = "Cmd"
        }
    }
}

/// Everything that was logged, whatever its level.
final class RecordedLog: LogHandler, Sendable {
    private let all = Mutex<[String]>([])

    var lines: [String] { all.withLock { $0 } }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        all.withLock { $0.append("\(event.message) \(event.metadata?.description ?? "")") }
    }
}

extension WorkspaceID {
    static func random() -> WorkspaceID {
        var random = SystemRandomNumberGenerator()
        return WorkspaceID(from: &random)
    }
}
