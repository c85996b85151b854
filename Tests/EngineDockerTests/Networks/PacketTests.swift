import CarrelCore
import CarrelTesting
import EngineHost
import Foundation
import Testing

@testable import EngineDocker

/// The rules as they are loaded, in a machine made of network namespaces (`Tests/Packets`): real packets of both versions of
/// IP between workspaces, the machine, somebody else's container and the world.
@Suite(
    "The firewall of containers, judged by packets",
    .serialized,
    .enabled(if: Surroundings.canMake, "needs root and iptables")
)
struct PacketTests {
    private static let allowed = [4: "198.18.0.2/32", 6: "fdd0::2/128"]
    private static let machine = [4: "198.18.0.1", 6: "fdd0::1"]
    /// A name server among the metadata.
    private static let server = [4: "168.63.129.16", 6: "fd00:ec2::254"]
    /// Never forwarded by any machine, so that no packet can show that they are refused: ContainerFirewallTests does.
    private static let unreachable: Set = ["127.0.0.0/8", "fe80::/10", "::1/128"]

    private struct Wish: Encodable {
        var version: Int
        var prefix: String
        var codes: [String: String]
        var outside: [String]
        var servers: [String]
        var blocks: Bool
        var script: [String]
        var needless: [String: String]
    }

    private struct Verdict: Decodable {
        /// What is let through or refused against the promise, each with what came of it.
        var wrong: [String: String]
        /// What opens while the first table is not asked.
        var opened: [String]
        var unnoticed: [String]
        var neededAfterAll: [String]
        var noticed: [String: [String]]

        enum CodingKeys: String, CodingKey {
            case wrong, opened, unnoticed, noticed
            case neededAfterAll = "needed after all"
        }
    }

    @Test("What is promised holds for each packet, and no rule can be left out unnoticed", arguments: [4, 6])
    func everyRule(_ version: Int) async throws {
        let family = version == 4 ? Netfilter.four : .six
        guard Netfilter.needed.contains(where: { $0.isVersionSix == family.isVersionSix }) else { return }
        let firewall = ContainerFirewall(mark: "0123abcd")
        let server = try #require(Self.server[version])
        let machine = try #require(Self.machine[version])
        let policies: [ContainerFirewall.Policy] = [
            .init(code: "in", egress: .internet, servers: [server, machine]), .init(code: "no", egress: .none),
            .init(code: "q7", egress: .only([try #require(Self.allowed[version])])),
        ]
        let tables = ContainerFirewall.Table.allCases
        let rules = tables.map { firewall.rules(family, in: $0, policies: policies, blocks: ["10.213.0.0/16"]) }
        let bare = SavedRules("*filter\n-A FORWARD -j DOCKER-USER\nCOMMIT\n")
        var needless: [String: String] = [:]
        for block in family.refused where Self.unreachable.contains(block) {
            needless["-A \(firewall.chain(.forward)) -d \(block) -j CARREL-0123abcd-REFUSE"] = "never forwarded"
        }
        for kind in ["udp", "tcp"] {
            let words = "-p \(kind) --dport 53 -j RETURN"
            needless["-A \(firewall.chain(.forward)) -i cr3abcdin+ -d \(machine) \(words)"] = "not forwarded"
            needless["-A \(firewall.chain(.input)) -i cr3abcdin+ -d \(server) \(words)"] = "not the machine's"
        }
        if version == 6 { needless["-I OUTPUT -j \(firewall.chain(.output))"] = "empty, for workspaces have no block" }
        let wish = Wish(
            version: version,
            prefix: firewall.bridges.prefix,
            codes: ["in": "in", "no": "no", "list": "q7"],
            outside: family.refused.filter { !Self.unreachable.contains($0) }.map(Self.address),
            servers: [server, machine],
            blocks: version == 4,
            script: firewall.script(tables, rules, over: bare),
            needless: needless
        )
        let input = try JSONEncoder().encode(wish)
        let judge = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/Packets/judge.py"
        let outcome = try await blocking {
            // The programs of a packet filter can wait for ever for a lock.
            Command(arguments: ["/usr/bin/timeout", "-k", "10", "600", "/usr/bin/python3", judge], input: Array(input))
                .run(errors: false, room: 1 << 20)
        }
        try #require(outcome.succeeded, "\(outcome.output)")
        let verdict = try JSONDecoder().decode(Verdict.self, from: Data(outcome.output.utf8))
        #expect(verdict.wrong.isEmpty, "\(verdict.wrong)")
        #expect(verdict.opened.isEmpty, "while Docker has its hook out: \(verdict.opened)")
        #expect(verdict.unnoticed.isEmpty, "\(verdict.unnoticed.joined(separator: "\n"))")
        #expect(verdict.neededAfterAll.isEmpty, "\(verdict.neededAfterAll.joined(separator: "\n"))")
        #expect(verdict.noticed.count > 20)
    }

    /// An address of a block; of link-local ones the metadata's.
    private static func address(in block: String) -> String {
        block == "169.254.0.0/16" ? Surroundings.metadata : String(block.prefix { $0 != "/" })
    }
}
