import CarrelCore

/// Keeps the way out of sandboxes away from the machine itself. What carries their packets runs as a user of its own,
/// so one chain per deployment, for that user, is all it takes.
struct Firewall: Sendable {
    private struct Family {
        var restore: String
        var command: String
        var refused: [String]
        var isNeeded: Bool
    }

    /// At most 28 characters, as netfilter wants it.
    let chain: String
    let uid: UInt32

    private var jump: [String] { ["OUTPUT", "-m", "owner", "--uid-owner", "\(uid)", "-j", chain] }

    private static var families: [Family] {
        [
            Family(
                restore: "iptables-restore",
                command: "iptables",
                // Link-local is where most clouds keep their metadata and credentials; Alibaba, Azure and the older
                // Oracle have addresses of their own for it.
                refused: [
                    "169.254.0.0/16", "127.0.0.0/8", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32",
                ],
                isNeeded: true
            ),
            Family(
                restore: "ip6tables-restore",
                command: "ip6tables",
                // The two ULAs are the metadata services of EC2 and of Google's cloud.
                refused: ["fe80::/10", "::1/128", "fd00:ec2::254/128", "fd20:ce::254/128"],
                isNeeded: SystemFile.exists("/proc/net/if_inet6")
            ),
        ]
    }

    /// As `install`, but only where the chain is not in force any more: whoever loads other rules takes it away.
    func ensure() -> String? {
        let isInForce = Self.families.filter(\.isNeeded).allSatisfy { family in
            guard let command = Command.find(family.command) else { return false }
            return Command(arguments: [command, "--wait", "-C"] + jump).run().succeeded
        }
        return isInForce ? nil : install()
    }

    /// Installs the chain, replacing an older one in one step. Nil if that worked, else what failed.
    /// With `trial` the rules are only checked.
    func install(trial: Bool = false) -> String? {
        for family in Self.families where family.isNeeded {
            guard let restore = Command.find(family.restore), let command = Command.find(family.command) else {
                return "\(family.command) is not installed"
            }
            let load = Command(
                arguments: [restore, "--wait", "--noflush"] + (trial ? ["--test"] : []),
                input: Array(rules(family, servers: Self.nameServers()).utf8)
            ).run()
            guard load.succeeded else { return "\(family.restore): \(load.output.prefix(200))" }
            if trial { continue }
            if Command(arguments: [command, "--wait", "-C"] + jump).run().succeeded { continue }
            let insert = Command(arguments: [command, "--wait", "-I"] + jump).run()
            guard insert.succeeded else { return "\(family.command): \(insert.output.prefix(200))" }
        }
        return nil
    }

    func remove() {
        for family in Self.families {
            guard let command = Command.find(family.command) else { continue }
            _ = Command(arguments: [command, "--wait", "-D"] + jump).run()
            _ = Command(arguments: [command, "--wait", "-F", chain]).run()
            _ = Command(arguments: [command, "--wait", "-X", chain]).run()
        }
    }

    /// Only names may be asked of the machine, where it is its own resolver.
    private func rules(_ family: Family, servers: [String]) -> String {
        let isSix = family.command == "ip6tables"
        var lines = ["*filter", ":\(chain) - [0:0]"]
        for server in servers where server.contains(":") == isSix {
            for kind in ["udp", "tcp"] { lines.append("-A \(chain) -d \(server) -p \(kind) --dport 53 -j RETURN") }
        }
        lines.append("-A \(chain) -m addrtype --dst-type LOCAL -j REJECT")
        lines += family.refused.map { "-A \(chain) -d \($0) -j REJECT" }
        return (lines + ["COMMIT", ""]).joined(separator: "\n")
    }

    static func nameServers(in path: String = "/etc/resolv.conf") -> [String] {
        (SystemFile.read(path) ?? "").split(separator: "\n").compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count >= 2, words[0] == "nameserver" else { return nil }
            // Nothing but an address may get into the rules.
            let address = String(words[1].prefix { $0 != "%" })
            return address.allSatisfy { $0.isHexDigit || $0 == "." || $0 == ":" } ? address : nil
        }
    }
}
