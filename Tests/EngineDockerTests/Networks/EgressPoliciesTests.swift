import CarrelCore
import Testing

@testable import EngineDocker

@Suite("Policies have codes, bridges have names")
struct EgressPoliciesTests {
    @Test("A thousand lists have a thousand codes of two characters, none that of nothing or everything")
    func codes() {
        var policies = EgressPolicies()
        let codes = (0..<1000).map { policies.code(for: .only(["10.\($0 / 256).\($0 % 256).0/24"])) }
        #expect(Set(codes).count == 1000)
        #expect(codes.allSatisfy { $0.utf8.count == 2 })
        #expect(!codes.contains(EgressPolicies.nothing) && !codes.contains(EgressPolicies.everything))
        #expect(policies.all.count == 1002)
        for number in 0..<294 {
            _ = policies.code(for: .only(["192.0.2.0/24", "10.9.\(number / 2).0/\(24 + number % 2)"]))
        }
        #expect(
            policies.code(for: .only(["203.0.113.0/24"])) == EgressPolicies.nothing,
            "what can't be told apart reaches nothing"
        )
    }

    @Test("The order of a list does not matter, and what a network says of itself is taken up again")
    func adopted() {
        var policies = EgressPolicies()
        let code = policies.code(for: .only(["10.0.0.0/8", "192.0.2.7/32"]))
        #expect(policies.code(for: .only(["192.0.2.7/32", "10.0.0.0/8", "10.0.0.0/8"])) == code)
        let label = EgressPolicies.text(.only(["192.0.2.7/32", "10.0.0.0/8"]))
        #expect(EgressPolicies.egress(of: label) == .only(["10.0.0.0/8", "192.0.2.7/32"]))
        var later = EgressPolicies()
        later.adopt("zz", label: label)
        #expect(later.code(for: .only(["10.0.0.0/8", "192.0.2.7/32"])) == "zz")
        later.adopt("xx", label: "10.0.0.0/8 -j ACCEPT")
        later.adopt("yy", label: "internet")
        #expect(later.all.count == 3)
    }

    @Test("A bridge's name has 15 characters, tells its policy, and there is another where it is taken")
    func names() {
        let bridges = BridgeName(mark: "0123abcd")
        var random = SystemRandomNumberGenerator()
        let workspace = WorkspaceID(from: &random)
        let name = bridges.make(code: "in", workspace: workspace)
        #expect(name.utf8.count == 15)
        #expect(name.hasPrefix("cr3abcdin"))
        #expect(bridges.code(of: name) == "in")
        #expect(bridges.make(code: "in", workspace: workspace, attempt: 1) != name)
        #expect(bridges.code(of: "docker0") == nil)
        #expect(BridgeName(mark: "0123abce").code(of: name) == nil)
    }

    @Test("Name servers are told only where they may be asked")
    func lookups() {
        let lookup = NameLookup(servers: ["127.0.0.53", "::1", "10.1.1.53", "198.51.100.53"])
        #expect(lookup.told(.internet) == nil)
        #expect(lookup.told(.none) == ["0.0.0.0"])
        #expect(lookup.told(.only(["10.0.0.0/8"])) == ["10.1.1.53"])
        #expect(lookup.told(.only(["192.0.2.0/24", "fd00::/8"])) == ["0.0.0.0"])
        #expect(lookup.allowed(.internet) == ["10.1.1.53", "198.51.100.53"])
        #expect(lookup.allowed(.none).isEmpty)
    }

    @Test("Routes of the machine into the block are found, but for the engine's own")
    func routes() {
        let routes = HostRoutes(
            """
            Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
            eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
            eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
            tun0\t0000D50A\t00000000\t0001\t0\t0\t0\t00F8FFFF\t0\t0\t0
            crabcde\t0800D50A\t00000000\t0001\t0\t0\t0\tF8FFFFFF\t0\t0\t0
            """
        )
        #expect(routes.routes.map(\.block) == ["192.0.2.0/24", "10.213.0.0/21", "10.213.0.8/29"])
        #expect(routes.overlapping("10.213.0.0/16", except: ["crabcde"]).map(\.interface) == ["tun0"])
        #expect(routes.overlapping("10.214.0.0/16", except: []).isEmpty)
    }
}
