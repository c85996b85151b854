import CarrelCore
import CarrelTesting
import EngineHost
import Glibc
import Testing

@testable import EngineProcess

@Suite("Workspaces in the sandbox are kept apart", .enabled(if: ProcessFixture.canSandbox, "needs bubblewrap"))
struct IsolationTests {
    static let serve =
        "import http.server,sys; http.server.ThreadingHTTPServer(('127.0.0.1',8888),"
        + "http.server.SimpleHTTPRequestHandler).serve_forever()"

    /// Tries a TCP connection from inside and prints whether it was made.
    static func probe(_ host: String, _ port: Int) -> String {
        "timeout 3 bash -c 'echo > /dev/tcp/\(host)/\(port)' 2>/dev/null && echo 'reached \(host)' || echo 'closed \(host)'; "
    }

    @Test("A workspace is reached through its socket, and reaches neither another's port nor the machine's")
    func ports() async throws {
        try await ProcessFixture.with { trial in
            let listener = try Listener()
            let one = try await trial.start("exec python3 -c \"\(Self.serve)\"")
            try await trial.eventually("it never answered") {
                try Client.get("/", from: one.endpoint).contains("200 OK")
            }
            let two = try await trial.start(
                Self.probe("127.0.0.1", 8888) + Self.probe("127.0.0.1", listener.port) + "echo done; exec sleep 600"
            )
            try await trial.waitFor("done", in: two)
            let log = try await trial.log(two)
            #expect(!log.contains("reached"), "\(log)")
        }
    }

    @Test("With a way out, it still reaches none of the machine's own addresses", .enabled(if: ProcessFixture.isRoot))
    func machine() async throws {
        try await ProcessFixture.with { trial in
            let listener = try Listener()
            let addresses = Listener.addresses
            let waiting = "for i in $(seq 3000); do grep -q tap0 /proc/net/route && break; sleep 0.02; done; "
            let probes = addresses + ["10.0.2.2", "127.0.0.1"]
            let instance = try await trial.start(
                waiting + "grep -c tap0 /proc/net/route; cat /etc/resolv.conf; "
                    + probes.map { Self.probe($0, listener.port) }.joined() + "echo done; exec sleep 600"
            ) { $0.egress = .internet }
            try await trial.waitFor("done", in: instance)
            let log = try await trial.log(instance)
            try #require(log.contains("nameserver 10.0.2.3"), "\(log)")
            #expect(log.split(separator: "\n").contains("2"), "the network never came: \(log)")
            #expect(!log.contains("tapfd"), "what carries the packets speaks in the app's log: \(log)")
            #expect(!log.contains("reached"), "\(log)")
            let findings = await trial.engine.findings()
            #expect(!findings.contains { $0.message.contains("egress") }, "\(findings)")
        }
    }

    @Test("Loading other firewall rules does not open the machine to the next", .enabled(if: ProcessFixture.isRoot))
    func flushed() async throws {
        try await ProcessFixture.with { trial in
            let engine = trial.engine
            guard try await engine.prepared().networkProgram != nil else { return }
            await engine.firewall.remove()
            _ = try await trial.start("exec sleep 600") { $0.egress = .internet }
            let firewall = await engine.firewall
            let iptables = [try #require(Command.find("iptables")), "--wait"]
            let rules = Command(arguments: iptables + ["-S", firewall.chain]).run().output
            #expect(rules.contains("-m addrtype --dst-type LOCAL -j REJECT"), "\(rules)")
            let jump = ["-C", "OUTPUT", "-m", "owner", "--uid-owner", "\(firewall.uid)", "-j", firewall.chain]
            #expect(Command(arguments: iptables + jump).run().succeeded)
        }
    }

    @Test("It sees neither the state directory, nor homes, nor what is hidden, nor other processes")
    func files() async throws {
        try await ProcessFixture.with { trial in
            let other = try await trial.start("echo mine > $HOME/note; echo kept; exec sleep 600", home: "ada")
            try await trial.waitFor("kept", in: other)
            let paths =
                ["state", "homes", "homes/ada/note"].map { trial.fixture.root + "/" + $0 } + [
                    "/root", "/home/member/note",
                ]
            let looks = paths.map { "ls -d \($0) 2>&1; " }.joined()
            let instance = try await trial.start(
                "id; \(looks) ps ax -o args; touch /usr/x /etc/x /run/x 2>&1; cat /etc/shadow 2>&1; echo fini''shed; exec sleep 600",
                home: "spare"
            )
            // Written apart in the command: ps shows that too.
            try await trial.waitFor("finished", in: instance)
            let log = try await trial.log(instance)
            for path in paths { #expect(log.contains("cannot access '\(path)'"), "\(path) is there: \(log)") }
            #expect(log.contains("(member)"), "\(log)")
            #expect(!log.contains("uid=0"), "\(log)")
            #expect(!log.contains(other.workspace.description))
            #expect(!log.contains("root:"), "\(log)")
            // Who made the sandbox owns its empty /run; under root that is not the workspace.
            for path in ["/usr/x", "/etc/x"] + (ProcessFixture.isRoot ? ["/run/x"] : []) {
                #expect(log.contains("cannot touch '\(path)'"), "\(log)")
            }
        }
    }

    @Test("The socket can't be replaced from inside, and no right is left to gain one")
    func socket() async throws {
        try await ProcessFixture.with { trial in
            let instance = try await trial.start(
                "find / -xdev -name app.sock 2>/dev/null; grep -E 'Cap(Prm|Eff|Amb|Inh)|NoNewPrivs' /proc/self/status; "
                    + "kill -9 1 2>&1; unshare -m true 2>&1; mount -t tmpfs none /mnt 2>&1; echo done; exec sleep 600"
            )
            try await trial.waitFor("done", in: instance)
            let log = try await trial.log(instance)
            #expect(!log.contains("app.sock"), "\(log)")
            #expect(log.contains("NoNewPrivs:\t1"), "\(log)")
            #expect(
                log.split(separator: "\n").filter { $0.hasPrefix("Cap") }.allSatisfy {
                    $0.hasSuffix("0000000000000000")
                }
            )
            let state = try await trial.state(instance)
            #expect(state == .running)
            guard case .unix(let path) = instance.endpoint else { throw ContractBroken("no socket") }
            var about = stat()
            try #require(lstat(path, &about) == 0)
            #expect(about.st_mode & 0o777 == 0o600 && about.st_uid == geteuid())
        }
    }

    @Test("Every workspace has a user of its own, never root", .enabled(if: ProcessFixture.isRoot))
    func users() async throws {
        try await ProcessFixture.with { trial in
            let instances = try await [trial.start("id -u; exec sleep 600"), trial.start("id -u; exec sleep 600")]
            var uids: Set<String> = []
            for instance in instances {
                try await trial.waitFor("\n", in: instance)
                uids.insert(try await trial.log(instance))
            }
            #expect(uids.count == 2 && !uids.contains("0\n"), "\(uids)")
        }
    }
}

/// A listener on all addresses of this machine, which accepts what comes (the kernel does).
final class Listener: Sendable {
    private let socket: Int32
    let port: Int

    init() throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = socket
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, size) == 0 && listen(socket, 16) == 0 && getsockname(socket, $0, &size) == 0
            }
        }
        guard bound else { throw ContractBroken("can't listen") }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(socket) }

    /// This machine's addresses but its loopback.
    static var addresses: [String] {
        let words = Command(arguments: ["/usr/bin/hostname", "-I"]).run().output.split(whereSeparator: \.isWhitespace)
        return words.map(String.init).filter { $0.contains(".") }
    }
}
