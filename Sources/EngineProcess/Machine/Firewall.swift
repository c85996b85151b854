import CarrelCore
import EngineHost

/// Keeps the way out of sandboxes away from the machine itself. What carries their packets runs as a user of its own,
/// so one chain per deployment, for that user, is all it takes.
struct Firewall: Sendable {
    /// At most 28 characters, as netfilter wants it.
    let chain: String
    let uid: UInt32

    private var jump: [String] { ["OUTPUT", "-m", "owner", "--uid-owner", "\(uid)", "-j", chain] }

    /// As `install`, but only where the chain is not in force any more: whoever loads other rules takes it away.
    func ensure() -> String? { Netfilter.needed.allSatisfy { $0.has(jump) } ? nil : install() }

    /// Installs the chain, replacing an older one in one step. Nil if that worked, else what failed.
    /// With `trial` the rules are only checked.
    func install(trial: Bool = false) -> String? {
        for family in Netfilter.needed {
            guard Command.find(family.command) != nil else { return "\(family.command) is not installed" }
            if let failure = family.load(rules(family, servers: NameServers.listed()), trial: trial) { return failure }
            if trial || family.has(jump) { continue }
            if let failure = family.run(["-I"] + jump) { return failure }
        }
        return nil
    }

    func remove() {
        for family in [Netfilter.four, .six] {
            _ = family.run(["-D"] + jump)
            _ = family.run(["-F", chain])
            _ = family.run(["-X", chain])
        }
    }

    /// Only names may be asked of the machine, where it is its own resolver.
    private func rules(_ family: Netfilter, servers: [String]) -> [String] {
        var lines = ["*filter", ":\(chain) - [0:0]"]
        for server in servers where server.contains(":") == family.isVersionSix {
            for kind in ["udp", "tcp"] { lines.append("-A \(chain) -d \(server) -p \(kind) --dport 53 -j RETURN") }
        }
        lines.append("-A \(chain) -m addrtype --dst-type LOCAL -j REJECT")
        lines += family.refused.map { "-A \(chain) -d \($0) -j REJECT" }
        return lines + ["COMMIT"]
    }
}
