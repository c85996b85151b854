import CarrelCore
import EngineHost
import Testing

@testable import EngineDocker

@Suite("The firewall of containers, as text")
struct ContainerFirewallTests {
    let firewall = ContainerFirewall(mark: "0123abcd")
    let policies: [ContainerFirewall.Policy] = [
        .init(code: "in", egress: .internet, servers: ["168.63.129.16", "fd00::53"]), .init(code: "no", egress: .none),
        .init(code: "q7", egress: .only(["10.0.0.0/8", "fd00::/8"])),
    ]

    func rules(_ family: Netfilter, _ table: ContainerFirewall.Table = .filter) -> [String] {
        firewall.rules(family, in: table, policies: policies, blocks: ["10.213.0.0/16"])
    }

    @Test("What no workspace may reach is refused before any policy lets it out")
    func order() throws {
        let forward = rules(.four).filter { $0.hasPrefix("-A CARREL-0123abcd-FORWARD ") }
        let firstPolicy = try #require(forward.firstIndex { $0.contains("-i cr3abcdin+ -j RETURN") })
        for block in Netfilter.four.refused + ["10.213.0.0/16"] {
            let refusal = try #require(forward.firstIndex { $0.contains("-d \(block) -j CARREL-0123abcd-REFUSE") })
            #expect(refusal < firstPolicy)
        }
        #expect(forward.last == "-A CARREL-0123abcd-FORWARD -j CARREL-0123abcd-REFUSE")
        #expect(forward.contains("-A CARREL-0123abcd-FORWARD -i cr3abcdq7+ -d 10.0.0.0/8 -j RETURN"))
        #expect(!forward.contains { $0.contains("cr3abcdno") }, "nothing may be reached")
    }

    @Test("Link-local addresses, this machine's own and every cloud's metadata are among what nobody may reach")
    func metadata() {
        let four = ["169.254.0.0/16", "127.0.0.0/8", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32"]
        #expect(Set(four).isSubset(of: Netfilter.four.refused))
        let six = ["fe80::/10", "::1/128", "fd00:ec2::254/128", "fd20:ce::254/128"]
        #expect(Set(six).isSubset(of: Netfilter.six.refused))
    }

    @Test("A name server beside the metadata may be asked for names, and nothing else")
    func nameServers() {
        let about = rules(.four).filter { $0.contains("-d 168.63.129.16 ") }
        #expect(about.count == 4)
        #expect(about.allSatisfy { $0.contains("-i cr3abcdin+") && $0.contains("--dport 53 -j RETURN") })
        #expect(rules(.six).filter { $0.contains("fd00::53") }.count == 4)
    }

    @Test("IPv4 and IPv6 do not get each other's addresses")
    func families() {
        #expect(!rules(.four).contains { $0.contains("fd00") })
        let six = rules(.six)
        #expect(!six.contains { $0.contains("10.") })
        #expect(six.contains("-A CARREL-0123abcd-FORWARD -i cr3abcdq7+ -d fd00::/8 -j RETURN"))
        #expect(
            six.last { $0.contains("-A CARREL-0123abcd-INPUT") } == "-A CARREL-0123abcd-INPUT -j CARREL-0123abcd-REFUSE"
        )
    }

    @Test("One table answers that it is refused, the other drops what came through")
    func tables() {
        let refuse = "-A CARREL-0123abcd-REFUSE "
        #expect(rules(.four).filter { $0.hasPrefix(refuse) && $0.contains("REJECT") }.count == 2)
        #expect(rules(.four, .security).filter { $0.hasPrefix(refuse) } == [refuse + "-j DROP"])
        #expect(
            rules(.four).filter { !$0.hasPrefix(refuse) } == rules(.four, .security).filter { !$0.hasPrefix(refuse) }
        )
    }

    @Test("Hundreds of workspaces have as many rules as one: their number grows with policies alone")
    func size() {
        let one = rules(.four).count
        let more = firewall.rules(
            .four,
            in: .filter,
            policies: policies + [.init(code: "zz", egress: .only(["192.0.2.0/24"]))],
            blocks: ["10.213.0.0/16"]
        )
        #expect(more.count == one + 1)
    }

    @Test("The jump stands in DOCKER-USER where Docker leads there first, else in FORWARD")
    func parents() {
        let docker = SavedRules(
            "*filter\n:DOCKER-USER - [0:0]\n-A FORWARD -j DOCKER-USER\n-A DOCKER-USER -j RETURN\nCOMMIT\n"
        )
        #expect(firewall.jumps(in: .filter, docker).contains("-I DOCKER-USER -j CARREL-0123abcd-FORWARD"))
        #expect(firewall.jumps(in: .security, docker).contains("-I FORWARD -j CARREL-0123abcd-FORWARD"))
        let plain = SavedRules("*filter\n-A FORWARD -i eth0 -j ACCEPT\n-A FORWARD -j DOCKER-USER\nCOMMIT\n")
        #expect(firewall.jumps(in: .filter, plain).contains("-I FORWARD -j CARREL-0123abcd-FORWARD"))
    }

    @Test("A jump that stands behind others, twice, or elsewhere is moved to the front")
    func moved() {
        let jump = "CARREL-0123abcd-INPUT"
        func lines(_ rules: [String]) -> [String] {
            let saved = SavedRules((["*filter"] + rules + ["COMMIT"]).joined(separator: "\n"))
            return firewall.jumps(in: .filter, saved).filter { $0.contains(jump) }
        }
        #expect(lines(["-A INPUT -j \(jump)"]).isEmpty)
        #expect(lines(["-A INPUT -j CARREL-99999999-INPUT", "-A INPUT -j \(jump)", "-A INPUT -j ufw"]).isEmpty)
        #expect(lines([]) == ["-I INPUT -j \(jump)"])
        #expect(lines(["-A INPUT -j ufw", "-A INPUT -j \(jump)"]) == ["-D INPUT -j \(jump)", "-I INPUT -j \(jump)"])
        #expect(lines(["-A INPUT -j \(jump)", "-A INPUT -j \(jump)"]).count == 3)
    }

    @Test("Removal takes every jump and chain of ours and nobody else's")
    func removal() {
        let saved = SavedRules(
            """
            *filter
            :INPUT ACCEPT [0:0]
            :CARREL-0123abcd-INPUT - [0:0]
            :CARREL-0123abcd-REFUSE - [0:0]
            :CARREL-99999999-INPUT - [0:0]
            -A INPUT -j CARREL-99999999-INPUT
            -A INPUT -j CARREL-0123abcd-INPUT
            -A CARREL-0123abcd-INPUT -j CARREL-0123abcd-REFUSE
            COMMIT
            """
        )
        #expect(
            firewall.removal(saved) == [
                "*filter", "-D INPUT -j CARREL-0123abcd-INPUT", "-F CARREL-0123abcd-INPUT", "-F CARREL-0123abcd-REFUSE",
                "-X CARREL-0123abcd-INPUT", "-X CARREL-0123abcd-REFUSE", "COMMIT",
            ]
        )
        #expect(firewall.removal(SavedRules("*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n")).isEmpty)
    }
}
