import CarrelCore
import CarrelTesting
import EngineHost
import Glibc
import Testing

@testable import EngineDocker

@Suite(
    "The firewall of containers on a real machine",
    .serialized,
    .enabled(if: DockerFixture.isThere && Surroundings.canMake, "needs root, a Docker Engine and iptables")
)
struct WallTests {
    /// Takes the jumps and rules of this engine away from one table, as a reload of somebody's firewall would.
    private func flush(_ trial: NetworkTrial, _ table: String) throws {
        let family = Netfilter.four
        let saved = try #require(family.saved())
        let firewall = trial.engine.networks.firewall
        for hook in ContainerFirewall.Hook.allCases {
            for rule in saved.rules(of: table) where rule.hasSuffix(" -j \(firewall.chain(hook))") {
                try #require(
                    family.run(["-t", table, "-D"] + rule.split(separator: " ").dropFirst().map(String.init)) == nil
                )
            }
            try #require(family.run(["-t", table, "-F", firewall.chain(hook)]) == nil)
        }
    }

    @Test("Rules that somebody flushed come back by themselves, and meanwhile nothing opens")
    func flushed() async throws {
        try await Surroundings.with { around in
            try await NetworkTrial.with { trial in
                let hub = try LocalListener()
                let place = try await trial.start(.only(["\(around.allowed)/32"]))
                let before = trial.rules()
                try flush(trial, "filter")
                #expect(trial.rules() != before)
                for (host, port) in [(Surroundings.metadata, 80), (around.other, 80), (place.gateway, hub.port)] {
                    let outcome = try await place.reach(host, port)
                    #expect(outcome != .reached && outcome != .refused, "\(host): the second table drops it")
                }
                try await trial.eventually("they never came back") {
                    _ = try await trial.engine.instances()
                    return trial.rules() == before
                }
                #expect(try await place.reach(around.other) == .refused)
                #expect(try await place.reach(around.allowed) == .reached)
                try flush(trial, "security")
                try await trial.eventually("they never came back") {
                    _ = try await trial.engine.instances()
                    return trial.rules() == before
                }
            }
        }
    }

    @Test("An engine that starts again keeps the policies of workspaces that live, and has each rule once")
    func restarted() async throws {
        try await Surroundings.with { around in
            try await NetworkTrial.with { trial in
                let place = try await trial.start(.only(["\(around.allowed)/32"]))
                let before = trial.rules()
                let again = try await trial.fixture.dockerEngine()
                #expect(trial.rules() == before)
                #expect(await again.networks.policies.all.count == 3)
                #expect(try await place.reach(around.allowed) == .reached)
                #expect(try await place.reach(around.other) == .refused)
            }
        }
    }

    @Test("After the end nothing of it is left: no rule, no network, no bridge")
    func dismantled() async throws {
        var mark = ""
        try await NetworkTrial.with { trial in
            mark = trial.mark
            let place = try await trial.start(.internet)
            #expect(trial.rules().contains { $0.contains(mark) })
            #expect(try await trial.engine.networks.listed().count == 1)
            try await trial.engine.destroy(place.workspace, grace: .zero)
            #expect(try await trial.engine.networks.listed().isEmpty)
        }
        for family in Netfilter.needed {
            let saved = try #require(family.saved())
            for table in ContainerFirewall.Table.allCases {
                #expect(saved.chains(of: table.rawValue, beginning: "CARREL-\(mark)").isEmpty)
                #expect(!saved.rules(of: table.rawValue).contains { $0.contains(mark) })
            }
        }
        #expect(!SystemFile.names(in: "/sys/class/net").contains { $0.hasPrefix(BridgeName(mark: mark).prefix) })
    }

    @Test("A network that was made for another policy is made anew")
    func changed() async throws {
        try await NetworkTrial.with { trial in
            var app = try trial.fixture.app(command: ["/bin/sh"])
            app.egress = .internet
            var spec = trial.spec(app)
            _ = try await trial.engine.networks.make(for: spec)
            let first = try #require(try await trial.engine.networks.listed().first)
            _ = try await trial.engine.networks.make(for: spec)
            #expect(try await trial.engine.networks.listed().map(\.id) == [first.id])
            spec.app.egress = .none
            _ = try await trial.engine.networks.make(for: spec)
            let second = try await trial.engine.networks.listed()
            #expect(second.count == 1 && second[0].id != first.id)
            #expect(
                second[0].bridge.map { trial.engine.networks.firewall.bridges.code(of: $0) } == EgressPolicies.nothing
            )
            try await trial.engine.networks.remove(spec.workspace)
        }
    }

    @Test("A block that the machine uses itself is told, and what it leads elsewhere is never given away")
    func overlap() async throws {
        try await Surroundings.with { around in
            let fixture = try DockerFixture()
            do {
                let engine = try await fixture.dockerEngine { $0.subnets = "\(around.block).0/24" }
                let findings = await engine.findings().map(\.message)
                #expect(findings.contains { $0.contains("overlap with \(around.block).0/28") }, "\(findings)")
                var pool = await engine.networks.subnets
                let free = pool.next()
                let next = try #require(free)
                #expect(!SubnetPool.overlap(next, "\(around.block).0/28"), "\(next)")
            } catch {
                try? await fixture.cleanUp()
                throw error
            }
            try await fixture.cleanUp()
        }
    }

    @Test("With a driver of its own, what is not enforced is told, and lists of networks let nobody out")
    func otherDriver() async throws {
        let fixture = try DockerFixture()
        do {
            let engine = try await fixture.dockerEngine { $0.networkDriver = "macvlan" }
            let findings = await engine.findings().map(\.message)
            #expect(findings.contains { $0.hasPrefix("The network driver “macvlan” decides what workspaces reach") })
            #expect(await engine.networks.granted(.only(["192.0.2.0/24"])) == .none)
            #expect(await engine.networks.granted(.internet) == .internet)
        } catch {
            try? await fixture.cleanUp()
            throw error
        }
        try await fixture.cleanUp()
    }

    @Test("Where no rule can be set nobody gets out, and that is told")
    func withoutRules() async throws {
        try await Surroundings.with { around in
            try await NetworkTrial.with { trial in
                try await trial.engine.networks.withoutWall()
                let place = try await trial.start(.internet)
                #expect(try await place.reach(around.allowed) != .reached)
                #expect(try await !place.soonFinds("closed.example"))
            }
        }
    }

    @Test("The clean-up script ends containers, networks and rules of an engine whose carrel is gone")
    func cleaned() async throws {
        try await NetworkTrial.with(state: "carrel/engines/docker") { trial in
            _ = try await trial.start(.internet)
            let script = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
            let state = trial.fixture.root + "/carrel"
            let outcome = try await blocking {
                Command(arguments: ["/bin/bash", "/\(script)/scripts/clean-machine.sh", state]).run()
            }
            #expect(outcome.succeeded, "\(outcome.output)")
            #expect(trial.rules().isEmpty)
            #expect(try await trial.engine.networks.listed().isEmpty)
            #expect(try await trial.engine.networks.workspaces().isEmpty)
        }
    }
}
