import CarrelCore
import CarrelTesting
import EngineHost
import Testing

@testable import EngineDocker

@Suite(
    "Networks of another engine on the same machine",
    .serialized,
    .enabled(if: DockerFixture.isThere && Surroundings.canMake, "needs root, a Docker Engine and iptables")
)
struct OtherEngineTests {
    private func ip(_ words: String...) async throws {
        let ip = try #require(Command.find("ip"))
        let outcome = try await blocking { Command(arguments: [ip] + words).run() }
        try #require(outcome.succeeded, "ip \(words): \(outcome.output)")
    }

    /// An interface as another engine's bridge, for as long as `work` takes.
    private func withInterface(_ work: (String) async throws -> Void) async throws {
        let name = "oth\(UInt32.random(in: 0...0xff_ffff))"
        try await ip("link", "add", name, "type", "bridge")
        do {
            try await ip("link", "set", name, "up")
            try await work(name)
        } catch {
            try? await ip("link", "del", name)
            throw error
        }
        try await ip("link", "del", name)
    }

    @Test("Addresses that somebody took after the start are not given away, and are free again when those are gone")
    func takenMeanwhile() async throws {
        try await NetworkTrial.with { trial in
            var pool = await trial.engine.networks.subnets
            let free = pool.next()
            let next = try #require(free)
            let address = try #require(SubnetPool.containerAddress(in: next))
            try await withInterface { other in
                try await ip("addr", "add", "\(address)/29", "dev", other)
                let place = try await trial.start(.none)
                #expect(!SubnetPool.block(next, has: place.address), "\(place.address)")
            }
            var again = await trial.engine.networks.subnets
            var offered: Set<String> = []
            while let one = again.next() { offered.insert(one) }
            #expect(offered.contains(next))
        }
    }

    @Test("A workspace whose address leads to another engine's network is ended, and nobody is led there")
    func ledAstray() async throws {
        try await NetworkTrial.with { trial in
            let place = try await trial.start(.none)
            let subnet = try #require(try await trial.engine.networks.listed().first?.subnets.first)
            try await withInterface { other in
                // Behind ours it does not count.
                try await ip("route", "append", subnet, "dev", other)
                #expect(try await trial.engine.instances().map(\.state) == [.running])
                try await ip("route", "del", subnet, "dev", other)
                try await ip("route", "prepend", subnet, "dev", other)
                guard case .exited(_, let sentence)? = try await trial.engine.instances().first?.state else {
                    Issue.record("it is told as running")
                    return
                }
                #expect(
                    (sentence ?? "").contains("leads to another network of this machine (\(other))"),
                    "\(sentence ?? "")"
                )
            }
            #expect(try await trial.engine.instances().map(\.workspace) == [place.workspace])
            #expect(try await trial.engine.instances().map(\.state) == [.running])
        }
    }

    @Test("A network made ahead is not used once its addresses lead elsewhere: another one takes its place")
    func aheadAstray() async throws {
        try await NetworkTrial.with { trial in
            var app = try trial.fixture.app(command: ["/bin/busybox", "sleep", "600"])
            app.egress = .none
            await trial.engine.makeAhead(for: [app])
            let id = try #require(await trial.engine.takeAhead(for: app))
            let made = try #require(try await trial.engine.networks.listed(ContainerLabels.name(id)).first)
            let subnet = try #require(made.subnets.first)
            try await withInterface { other in
                try await ip("route", "prepend", subnet, "dev", other)
                let spec = InstanceSpec(workspace: id, app: app, definition: app.definition, values: [:])
                guard case .tcp(let address, _) = try await trial.engine.create(spec).endpoint else {
                    Issue.record("it has no address")
                    return
                }
                #expect(!SubnetPool.block(subnet, has: address), "\(address)")
            }
            #expect(try await trial.engine.networks.listed().count == NetworksAhead.count)
            #expect(try await trial.engine.instances().map(\.state) == [.running])
        }
    }

    @Test(
        "Only routes that share addresses with another interface's are looked at, and the first of the longest counts"
    )
    func ambiguous() throws {
        let routes = HostRoutes(
            """
            Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
            eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
            crone\t0000D50A\t00000000\t0001\t0\t0\t0\tF8FFFFFF\t0\t0\t0
            crtwo\t0000D50A\t00000000\t0001\t0\t0\t0\tF8FFFFFF\t0\t0\t0
            crthree\t0800D50A\t00000000\t0001\t0\t0\t0\tF8FFFFFF\t0\t0\t0
            """
        )
        let found = routes.ambiguous(in: ["10.213.0.0/16"])
        #expect(found.map(\.interface) == ["crone", "crtwo"])
        #expect(routes.ambiguous(in: ["192.0.2.0/24"]).isEmpty)
        func network(_ bridge: String, _ subnet: String) -> NetworkDetails {
            NetworkDetails(
                id: "0123456789abcdef",
                name: "n",
                driver: "bridge",
                options: [BridgeName.option: bridge],
                addresses: .init(config: [["Subnet": subnet]])
            )
        }
        #expect(HostRoutes.astray(network("crone", "10.213.0.0/29"), found) == nil)
        #expect(HostRoutes.astray(network("crtwo", "10.213.0.0/29"), found) == "crone")
        #expect(HostRoutes.astray(network("crthree", "10.213.0.8/29"), found) == nil)
        // A longer route into it takes its addresses; a shorter one, such as a VPN's, does not.
        let tunnel = HostRoutes.Route(interface: "tun0", block: "10.213.0.0/16")
        #expect(HostRoutes.astray(network("crone", "10.213.0.0/29"), found + [tunnel]) == nil)
        let host = HostRoutes.Route(interface: "tun0", block: "10.213.0.2/32")
        #expect(HostRoutes.astray(network("crone", "10.213.0.0/29"), found + [host]) == "tun0")
    }
}
