/// One half of Linux's packet filter, spoken to through its programs: IPv4's or IPv6's.
package struct Netfilter: Sendable {
    package let command: String
    package let restore: String
    /// What no workspace may ever reach, whatever else it is allowed. Link-local is where most clouds keep their metadata
    /// and credentials; Alibaba, Azure and the older Oracle have addresses of their own for it. The two ULAs are the
    /// metadata services of EC2 and of Google's cloud.
    package let refused: [String]
    package let isVersionSix: Bool

    package static let four = Netfilter(
        command: "iptables",
        restore: "iptables-restore",
        refused: ["169.254.0.0/16", "127.0.0.0/8", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32"],
        isVersionSix: false
    )

    package static let six = Netfilter(
        command: "ip6tables",
        restore: "ip6tables-restore",
        refused: ["fe80::/10", "::1/128", "fd00:ec2::254/128", "fd20:ce::254/128"],
        isVersionSix: true
    )

    /// Those that this machine's kernel speaks.
    package static var needed: [Netfilter] { SystemFile.exists("/proc/net/if_inet6") ? [four, six] : [four] }

    /// Loads lines of `iptables-restore` in one step, leaving other chains alone. Nil if that worked, else what failed. With
    /// `trial` they are only checked.
    package func load(_ lines: [String], trial: Bool = false) -> String? {
        guard let restore = Command.find(restore) else { return "\(restore) is not installed" }
        let outcome = Command(
            arguments: [restore, "--wait", "--noflush"] + (trial ? ["--test"] : []),
            input: Array((lines + [""]).joined(separator: "\n").utf8)
        ).run()
        return outcome.succeeded ? nil : "\(self.restore): \(outcome.output.prefix(200))"
    }

    /// Runs one command, such as `["-I", chain, …]`. Nil if that worked, else what failed.
    package func run(_ arguments: [String]) -> String? {
        guard let command = Command.find(command) else { return "\(command) is not installed" }
        let outcome = Command(arguments: [command, "--wait"] + arguments).run()
        return outcome.succeeded ? nil : "\(self.command): \(outcome.output.prefix(200))"
    }

    /// Every rule of every table, as `iptables-save` prints it. Nil if it can't be asked.
    package func saved() -> SavedRules? {
        guard let save = Command.find(command + "-save") else { return nil }
        // Docker has some ten rules for each network.
        let outcome = Command(arguments: [save]).run(errors: false, room: 4 << 20)
        return outcome.succeeded ? SavedRules(outcome.output) : nil
    }

    /// Whether the rule, a chain and its words, is there.
    package func has(_ rule: [String]) -> Bool { run(["-C"] + rule) == nil }
}
