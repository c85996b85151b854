import CarrelTesting
import EngineHost
import Foundation
import Glibc

/// What lies around the machine for a test: a stretch of “internet” behind a virtual cable, with servers for HTTP and names
/// that note who came, an address of the machine where an operator would listen, and a published port of somebody else.
/// Addresses are of the block for benchmarks (RFC 2544).
final class Surroundings: Sendable {
    /// On the allow list, and not on it.
    let allowed: String
    let other: String
    /// One of this machine's own.
    let operators: String
    /// Link-local, as most clouds' metadata are.
    static let metadata = "169.254.169.254"
    let block: String

    private let name: String
    private let here: String
    private let directory: String
    private let server: pid_t
    private let lock: Int32

    static var canMake: Bool { geteuid() == 0 && Command.find("ip") != nil && Command.find("iptables") != nil }

    /// Waits until no other process has such surroundings: there is one metadata address.
    init() async throws {
        lock = open("/tmp/carrel-surroundings.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        let lock = lock
        try await blocking { _ = flock(lock, LOCK_EX) }
        let number = Int(getpid()) % 250
        name = "crl\(number)"
        block = "198.18.\(number)"
        (here, allowed, other, operators) = ("\(block).1", "\(block).2", "\(block).6", "\(block).99")
        directory = NSTemporaryDirectory() + "carrel-\(name)-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Self.script.write(toFile: directory + "/serve.py", atomically: true, encoding: .utf8)
        Self.clear(name, operators)
        try Self.ip("netns", "add", name)
        try Self.ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
        try Self.ip("addr", "add", "\(here)/28", "dev", name)
        try Self.ip("link", "set", name, "up")
        for address in ["\(allowed)/28", "\(other)/28", "\(Self.metadata)/32"] {
            try Self.ip("-n", name, "addr", "add", address, "dev", "eth0")
        }
        try Self.ip("-n", name, "link", "set", "eth0", "up")
        try Self.ip("-n", name, "route", "add", "default", "via", here)
        try Self.ip("route", "add", "\(Self.metadata)/32", "dev", name)
        try Self.ip("addr", "add", "\(operators)/32", "dev", "lo")
        var pid: pid_t = 0
        let words = ["/usr/bin/env", "ip", "netns", "exec", name, "python3", directory + "/serve.py", directory]
        var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        guard posix_spawn(&pid, words[0], nil, nil, &pointers, environ) == 0 else {
            throw ContractBroken("the servers did not start")
        }
        server = pid
        let end = ContinuousClock.now + .seconds(30)
        while access(directory + "/ready", F_OK) != 0 {
            guard ContinuousClock.now < end else { throw ContractBroken("the servers are not ready") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    func remove() {
        kill(server, SIGKILL)
        var status: Int32 = 0
        waitpid(server, &status, 0)
        Self.clear(name, operators)
        try? FileManager.default.removeItem(atPath: directory)
        close(lock)
    }

    /// Who asked the servers, a line each: `name.example http 198.18.7.1`.
    var visits: String { (try? String(contentsOfFile: directory + "/visits", encoding: .utf8)) ?? "" }

    /// Whether something out there can connect to an address in here.
    func reaches(_ host: String, _ port: Int) async throws -> Bool {
        guard let ip = Command.find("ip") else { throw ContractBroken("ip is not installed") }
        let name = name
        return try await blocking {
            Command(
                arguments: [
                    ip, "netns", "exec", name, "timeout", "5", "bash", "-c", "echo > /dev/tcp/\(host)/\(port)",
                ]
            ).run().succeeded
        }
    }

    static func with(_ work: (Surroundings) async throws -> Void) async throws {
        let surroundings = try await Surroundings()
        do { try await work(surroundings) } catch {
            surroundings.remove()
            throw error
        }
        surroundings.remove()
    }

    private static func clear(_ name: String, _ operators: String) {
        for words in [
            ["netns", "del", name], ["link", "del", name], ["addr", "del", "\(operators)/32", "dev", "lo"],
        ] { try? ip(words) }
    }

    private static func ip(_ words: String...) throws { try ip(words) }

    private static func ip(_ words: [String]) throws {
        guard let program = Command.find("ip") else { throw ContractBroken("ip is not installed") }
        let outcome = Command(arguments: [program] + words).run()
        guard outcome.succeeded else { throw ContractBroken("ip \(words.joined(separator: " ")): \(outcome.output)") }
    }

    /// HTTP at port 80 answers `hello`; names at port 53, by UDP, are all 203.0.113.7.
    private static let script = """
        import http.server, os, socket, sys, threading
        parent = os.getppid()
        visits = open(sys.argv[1] + "/visits", "a", buffering=1)
        class Hello(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                visits.write(f"{self.path} http {self.client_address[0]}\\n")
                self.send_response(200); self.end_headers(); self.wfile.write(b"hello\\n")
            def log_message(self, *words): pass
        web = http.server.ThreadingHTTPServer(("0.0.0.0", 80), Hello)
        threading.Thread(target=web.serve_forever, daemon=True).start()
        names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); names.bind(("0.0.0.0", 53))
        # A datagram's answer comes from where it went.
        names.setsockopt(socket.IPPROTO_IP, 8, 1)
        open(sys.argv[1] + "/ready", "w").close()
        names.settimeout(1)
        while os.getppid() == parent:
            try: query, about, flags, peer = names.recvmsg(2048, 256)
            except TimeoutError: continue
            end = query.index(0, 12)
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode()); at += query[at] + 1
            visits.write(".".join(labels) + f" name {peer[0]}\\n")
            kind = query[end + 1:end + 3]
            found = kind == b"\\0\\1"
            reply = query[:2] + b"\\x81\\x80\\0\\1\\0" + bytes([found]) + b"\\0\\0\\0\\0" + query[12:end + 5]
            if found: reply += b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4\\xcb\\0\\x71\\7"
            local = about[0][2][4:8]
            names.sendmsg([reply], [(socket.IPPROTO_IP, 8, b"\\0\\0\\0\\0" + local + b"\\0\\0\\0\\0")], 0, peer)
        """
}
