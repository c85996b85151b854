import CarrelCore
import CarrelTesting
import EngineHost
import Glibc
import Testing

@testable import EngineDocker

@Suite(
    "A member's container is kept apart",
    .serialized,
    .enabled(if: DockerFixture.isThere && Surroundings.canMake, "needs root, a Docker Engine and iptables")
)
struct ApartTests {
    @Test(
        "It reaches neither another workspace, the hub, the operators' address nor the metadata address, whatever its egress"
    )
    func refused() async throws {
        try await Surroundings.with { around in
            try await NetworkTrial.with { trial in
                let hub = try LocalListener()
                let private_ = try LocalListener("127.0.0.1")
                let operators = try LocalListener(around.operators)
                let neighbour = try await trial.start(.internet)
                for egress in [Egress.internet, .only(["0.0.0.0/0"]), .none] {
                    let place = try await trial.start(egress)
                    // All of it is there, for those who may.
                    #expect(try await NetworkTrial.answers(place.gateway, hub.port))
                    #expect(try await NetworkTrial.answers("127.0.0.1", private_.port))
                    #expect(try await NetworkTrial.answers(around.operators, operators.port))
                    #expect(try await NetworkTrial.answers(Surroundings.metadata, 80))
                    #expect(try await NetworkTrial.answers(neighbour.address, 8888))
                    let forbidden = [
                        (neighbour.address, 8888), (place.gateway, hub.port), (neighbour.gateway, hub.port),
                        (around.operators, hub.port), (around.operators, operators.port),
                        ("127.0.0.1", private_.port), (Surroundings.metadata, 80), ("\(around.block).1", hub.port),
                    ]
                    for (host, port) in forbidden {
                        let outcome = try await place.reach(host, port)
                        #expect(outcome == .refused, "\(host):\(port) with egress \(egress)")
                    }
                }
                #expect(!around.visits.contains("http"), "\(around.visits)")
            }
        }
    }

    @Test("It reaches what its egress allows, and nothing else")
    func allowed() async throws {
        try await Surroundings.with { around in
            try await NetworkTrial.with { trial in
                let free = try await trial.start(.internet)
                #expect(try await free.reach(around.allowed) == .reached)
                #expect(try await free.reach(around.other) == .reached)
                let listed = try await trial.start(.only(["\(around.allowed)/32", "fd00::/8"]))
                #expect(try await listed.reach(around.allowed) == .reached)
                #expect(try await listed.reach(around.other) == .refused)
                let closed = try await trial.start(.none)
                #expect(try await closed.reach(around.allowed) == .refused)
                #expect(try await closed.reach(around.other) == .refused)
                let bridges = try await trial.engine.networks.listed().compactMap(\.bridge)
                #expect(Set(bridges.compactMap { trial.engine.networks.firewall.bridges.code(of: $0) }).count == 3)
            }
        }
    }

    @Test("A name lookup is answered where a server may be asked, and leaves no container where none may")
    func names() async throws {
        try await Surroundings.with { around in
            try await NetworkTrial.with { trial in
                await trial.engine.networks.use { NameLookup(servers: [around.allowed]) }
                let listed = try await trial.start(.only(["\(around.allowed)/32"]))
                #expect(try await listed.finds("listed.example"))
                let elsewhere = try await trial.start(.only(["\(around.other)/32"]))
                #expect(try await !elsewhere.soonFinds("elsewhere.example"))
                #expect(try await !elsewhere.soonFinds("asked.elsewhere.example", server: around.allowed))
                let closed = try await trial.start(.none)
                #expect(try await !closed.soonFinds("closed.example"))
                #expect(try await !closed.soonFinds("asked.closed.example", server: around.allowed))
                #expect(try await !closed.soonFinds("resolver.closed.example", server: "127.0.0.11"))
                #expect(around.visits.contains("listed.example name"))
                #expect(!around.visits.contains("elsewhere.example"), "\(around.visits)")
                #expect(!around.visits.contains("closed.example"), "\(around.visits)")
            }
        }
    }

    @Test("A resolver among the metadata or on this machine may be asked for names, and for nothing else")
    func resolver() async throws {
        try await Surroundings.with { around in
            try await NetworkTrial.with { trial in
                await trial.engine.networks.use { NameLookup(servers: [Surroundings.metadata]) }
                let free = try await trial.start(.internet)
                #expect(try await free.finds("cloud.example", server: Surroundings.metadata))
                #expect(try await free.reach(Surroundings.metadata) == .refused)
                let closed = try await trial.start(.none)
                #expect(try await !closed.soonFinds("closed.example", server: Surroundings.metadata))
                let listed = try await trial.start(.only(["\(around.allowed)/32"]))
                #expect(try await !listed.soonFinds("listed.example", server: Surroundings.metadata))
                #expect(around.visits.split(separator: "\n").allSatisfy { $0.hasPrefix("cloud.example name") })
            }
        }
    }

    @Test("Packets with somebody else's source address go nowhere")
    func spoofed() async throws {
        try await Surroundings.with { around in
            try await NetworkTrial.with { trial in
                let place = try await trial.start(.internet, capabilities: ["NET_ADMIN", "NET_RAW"])
                #expect(try await place.finds("honest.example", server: around.allowed))
                #expect(try await place.run("ping -c 1 -W 30 \(around.allowed) 2>&1").contains("1 packets received"))
                #expect(try await place.run("ping -c 1 -W 1 \(place.gateway) 2>&1").contains(" 0 packets received"))
                let said = try await place.run(
                    "ip addr add 198.51.100.9/32 dev eth0 && ip route add \(around.allowed)/32 via \(place.gateway) "
                        + "src 198.51.100.9 && ip route get \(around.allowed)"
                )
                try #require(said.contains("src 198.51.100.9"), "\(said)")
                _ = try await place.soonFinds("spoofed.example", server: around.allowed)
                #expect(around.visits.contains("honest.example"))
                #expect(!around.visits.contains("spoofed.example"), "\(around.visits)")
            }
        }
    }

    @Test("A port that somebody published on this machine is no way round")
    func published() async throws {
        try await Surroundings.with { around in
            try await NetworkTrial.with { trial in
                let docker = try #require(Command.find("docker"))
                let name = "carrel-published-\(getpid())"
                let port = try LocalListener(around.operators).port
                func run(_ words: [String]) async throws {
                    let outcome = try await blocking {
                        Command(arguments: [docker, "-H", "unix://\(DockerFixture.socket)"] + words).run()
                    }
                    try #require(outcome.succeeded, "\(outcome.output)")
                }
                try await run(["network", "create", name])
                try await run(
                    [
                        "run", "-d", "--network", name, "--rm", "--name", name, "-p",
                        "\(around.operators):\(port):8888",
                        "carrel-test/tiny",
                        "/bin/busybox", "httpd", "-f", "-p", "8888", "-h", "/www",
                    ]
                )
                do {
                    #expect(try await NetworkTrial.answers(around.operators, port))
                    let place = try await trial.start(.internet)
                    #expect(try await place.reach(around.operators, port) == .refused)
                } catch {
                    try? await run(["rm", "-f", name])
                    try? await run(["network", "rm", name])
                    throw error
                }
                try await run(["rm", "-f", name])
                try await run(["network", "rm", name])
            }
        }
    }

    @Test("Nobody begins a connection to a workspace but root's programs on this machine, such as the gateway")
    func inwards() async throws {
        try await Surroundings.with { around in
            try await NetworkTrial.with { trial in
                let hub = try LocalListener()
                #expect(try await around.reaches("\(around.block).1", hub.port), "the way in is there")
                for egress in [Egress.internet, .none] {
                    let place = try await trial.start(egress)
                    #expect(try await NetworkTrial.answers(place.address, 8888))
                    #expect(try await !NetworkTrial.answers(place.address, 8888, as: 65_534))
                    #expect(try await !around.reaches(place.address, 8888))
                }
            }
        }
    }
}
