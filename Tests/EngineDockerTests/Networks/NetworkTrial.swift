import CarrelCore
import CarrelTesting
import EngineHost
import Glibc

@testable import EngineDocker

/// An engine whose containers are looked out of.
struct NetworkTrial: Sendable {
    let fixture: DockerFixture
    let engine: DockerEngine

    static func with(state: String = "state", _ work: (NetworkTrial) async throws -> Void) async throws {
        let fixture = try DockerFixture()
        do {
            try await work(NetworkTrial(fixture: fixture, engine: fixture.dockerEngine(state: state)))
        } catch {
            try? await fixture.cleanUp()
            throw error
        }
        try await fixture.cleanUp()
    }

    var mark: String { engine.networks.firewall.mark }

    /// One that serves HTTP at port 8888 and says its `name`.
    func start(_ egress: Egress, capabilities: [String] = []) async throws -> Place {
        var app = try fixture.app(command: ["/bin/busybox", "httpd", "-f", "-p", "8888", "-h", "/www"])
        app.egress = egress
        app.container.capabilities = capabilities
        if !capabilities.isEmpty { app.container.user = UserNumbers(uid: 0, gid: 0) }
        let spec = spec(app)
        let instance = try await engine.create(spec)
        guard case .tcp(let address, let port) = instance.endpoint else { throw ContractBroken("no address") }
        let place = Place(workspace: instance.workspace, address: address)
        try await eventually("the app never answered") { try await Self.answers(address, port) }
        return place
    }

    func spec(_ app: App) -> InstanceSpec {
        var random = SystemRandomNumberGenerator()
        let id = WorkspaceID(from: &random)
        return InstanceSpec(workspace: id, app: app, definition: app.definition, values: [:])
    }

    /// Waits for something that no event tells; at most 60 seconds.
    func eventually(_ sentence: String, _ holds: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while try await !holds() {
            guard ContinuousClock.now < end else { throw ContractBroken(sentence) }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    struct Place: Sendable {
        var workspace: WorkspaceID
        var address: String

        /// The network's first address, the machine's own end of it.
        var gateway: String {
            let parts = address.split(separator: ".")
            return parts.dropLast().joined(separator: ".") + ".\((Int(parts[3]) ?? 0) - 1)"
        }

        /// What a command says inside, and on standard error.
        func run(_ script: String) async throws -> String {
            guard let docker = Command.find("docker") else { throw ContractBroken("docker is not installed") }
            let name = ContainerLabels.name(workspace)
            let socket = DockerFixture.socket
            return try await blocking {
                Command(
                    arguments: [docker, "-H", "unix://\(socket)", "exec", "-u", "0", name, "/bin/sh", "-c", script]
                ).run().output
            }
        }

        /// What becomes of a request by HTTP.
        func reach(_ host: String, _ port: Int = 80) async throws -> Outcome {
            // busybox's wget needs a C library's plug-ins, nc does not.
            let said = try await run("echo 'GET / HTTP/1.0\n' | nc -w 4 \(host) \(port) 2>&1 && echo connected")
            if said.contains("connected") { return .reached }
            return said.contains("refused") ? .refused : .silent(said)
        }

        /// As `finds`, for those that should not: without waiting long.
        func soonFinds(_ name: String, server: String = "") async throws -> Bool {
            try await finds("-timeout=2 -retry=1 \(name)", server: server)
        }

        /// Whether a name is found.
        func finds(_ name: String, server: String = "") async throws -> Bool {
            try await run("nslookup -type=a \(name) \(server) 2>&1").contains("203.0.113.7")
        }
    }

    enum Outcome: Equatable {
        case reached, refused
        /// Nothing came back in time, or something else.
        case silent(String)
    }

    /// Whether something takes connections there, from this machine.
    static func answers(_ host: String, _ port: Int, as uid: UInt32 = 0) async throws -> Bool {
        guard let setpriv = Command.find("setpriv") else { throw ContractBroken("setpriv is not installed") }
        return try await blocking {
            Command(
                arguments: [
                    setpriv, "--reuid", "\(uid)", "--clear-groups", "timeout", "5", "bash", "-c",
                    "echo > /dev/tcp/\(host)/\(port)",
                ]
            ).run().succeeded
        }
    }

    /// Rules of this engine that the machine has now.
    func rules() -> [String] {
        let firewall = engine.networks.firewall
        return Netfilter.needed.flatMap { $0.saved().map { firewall.printed(in: $0) } ?? [] }
    }
}

/// A TCP listener of this machine, at all addresses or one.
final class LocalListener: Sendable {
    let port: Int
    private let descriptor: Int32

    init(_ address: String = "0.0.0.0", port wanted: Int = 0) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.descriptor = descriptor
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = in_port_t(wanted).bigEndian
        inet_pton(AF_INET, address, &name.sin_addr)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, pointer, &length) == 0
            }
        }
        port = Int(in_port_t(bigEndian: name.sin_port))
        guard bound else { throw ContractBroken("can't listen on \(address)") }
    }

    deinit { close(descriptor) }
}

extension WorkspaceNetworks {
    func use(_ lookup: @escaping @Sendable () -> NameLookup) { self.lookup = lookup }

    /// As on a machine where no rule can be set.
    func withoutWall() async throws { try await dismantle() }
}
