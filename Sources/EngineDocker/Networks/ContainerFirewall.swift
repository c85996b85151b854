import CarrelCore
import EngineHost

/// The firewall rules of one engine's workspaces, in chains of its own. Pure.
///
/// They stand in two tables. In `filter`, reached from DOCKER-USER (or FORWARD) and INPUT, they refuse, so that nobody
/// waits for an answer. Docker takes DOCKER-USER out and puts it in again whenever it makes a network, and others change
/// INPUT: the same rules in `security`, which packets pass last, drop what came through meanwhile. Each packet is judged by
/// itself, so that a connection that once came through does not stay.
struct ContainerFirewall: Sendable {
    /// One kind of bridge and where its packets may go.
    struct Policy: Hashable, Sendable {
        var code: String
        var egress: Egress
        /// Name servers that may be asked, whatever else holds.
        var servers: [String] = []
    }

    enum Hook: String, CaseIterable {
        case forward = "FORWARD"
        case input = "INPUT"
        case output = "OUTPUT"
    }

    enum Table: String, CaseIterable { case security, filter }

    /// Tells engines apart; eight hexadecimal digits.
    let mark: String
    let bridges: BridgeName

    init(mark: String) {
        self.mark = mark
        bridges = BridgeName(mark: mark)
    }

    private var beginning: String { "CARREL-\(mark)-" }
    private var refuse: String { beginning + "REFUSE" }
    private var source: String { beginning + "SOURCE" }
    func chain(_ hook: Hook) -> String { beginning + hook.rawValue }

    // MARK: Rules

    /// All chains of a table with their rules. `blocks`: where workspaces have their addresses.
    func rules(_ family: Netfilter, in table: Table, policies: [Policy], blocks: [String]) -> [String] {
        let blocks = family.isVersionSix ? [] : blocks
        let ours = "\(bridges.prefix)+"
        var lines = (Hook.allCases.map(chain) + [source, refuse]).map { ":\($0) - [0:0]" }
        func add(_ chain: String, _ rule: String) { lines.append("-A \(chain) \(rule)") }

        // Forwarded: answers come in, nothing else does; what goes out is judged by where it goes.
        let forward = chain(.forward)
        add(forward, "! -i \(ours) -o \(ours) -m conntrack --ctstate RELATED,ESTABLISHED --ctdir REPLY -j RETURN")
        add(forward, "! -i \(ours) -o \(ours) -j \(refuse)")
        add(forward, "! -i \(ours) -j RETURN")
        if !blocks.isEmpty { add(forward, "-j \(source)") }
        allowNames(family, policies, in: forward, add)
        add(forward, "-o \(ours) -j \(refuse)")
        for block in blocks + family.refused { add(forward, "-d \(block) -j \(refuse)") }
        // An address of this machine that leads to somebody else's container.
        add(forward, "-m conntrack --ctstate DNAT -j \(refuse)")
        for policy in policies {
            let bridge = "-i \(bridges.prefix(code: policy.code))+"
            switch policy.egress {
            case .none: continue
            case .internet: add(forward, "\(bridge) -j RETURN")
            case .only(let list):
                for block in list where block.contains(":") == family.isVersionSix {
                    add(forward, "\(bridge) -d \(block) -j RETURN")
                }
            }
        }
        add(forward, "-j \(refuse)")

        // To this machine: answers to what it asked, and names.
        let input = chain(.input)
        add(input, "! -i \(ours) -j RETURN")
        add(input, "-m conntrack --ctstate RELATED,ESTABLISHED --ctdir REPLY -j RETURN")
        if !blocks.isEmpty { add(input, "-j \(source)") }
        allowNames(family, policies, in: input, add)
        add(input, "-j \(refuse)")

        // From this machine: only root's programs, such as the gateway, begin connections to workspaces. What the kernel
        // itself tells them, such as that a packet was too long or refused, has a socket without an owner.
        for block in blocks {
            let told = "-p icmp -m conntrack --ctstate RELATED"
            add(chain(.output), "-o \(ours) -d \(block) \(told) -j RETURN")
            add(chain(.output), "-o \(ours) -d \(block) -m owner --socket-exists ! --uid-owner 0 -j \(refuse)")
        }

        for block in blocks { add(source, "-s \(block) -j RETURN") }
        if !blocks.isEmpty { add(source, "-j DROP") }
        switch table {
        case .filter:
            add(refuse, "-p tcp -j REJECT --reject-with tcp-reset")
            add(refuse, "-j REJECT")
        case .security: add(refuse, "-j DROP")
        }
        return lines
    }

    private func allowNames(
        _ family: Netfilter,
        _ policies: [Policy],
        in chain: String,
        _ add: (_ chain: String, _ rule: String) -> Void
    ) {
        for policy in policies {
            for server in policy.servers where server.contains(":") == family.isVersionSix {
                for kind in ["udp", "tcp"] {
                    add(
                        chain,
                        "-i \(bridges.prefix(code: policy.code))+ -d \(server) -p \(kind) --dport 53 -j RETURN"
                    )
                }
            }
        }
    }

    // MARK: Jumps

    /// Where the chain of a hook is jumped to from. Docker keeps DOCKER-USER before its own rules.
    func parent(of hook: Hook, in table: Table, _ saved: SavedRules) -> String {
        guard hook == .forward, table == .filter else { return hook.rawValue }
        let first = saved.rules(of: table.rawValue, chain: hook.rawValue).first { !$0.contains(" -j CARREL-") }
        return first == "-A FORWARD -j DOCKER-USER" ? "DOCKER-USER" : hook.rawValue
    }

    /// The lines that put the jumps where nothing but other jumps of ours is before them; none if they are there.
    func jumps(in table: Table, _ saved: SavedRules) -> [String] {
        Hook.allCases.flatMap { hook -> [String] in
            let parent = parent(of: hook, in: table, saved)
            let jump = "-A \(parent) -j \(chain(hook))"
            let there = saved.rules(of: table.rawValue).filter { $0.hasSuffix(" -j \(chain(hook))") }
            let leading = saved.rules(of: table.rawValue, chain: parent).prefix { $0.contains(" -j CARREL-") }
            if there == [jump], leading.contains(jump) { return [] }
            return there.map { "-D" + $0.dropFirst(2) } + ["-I \(parent) -j \(chain(hook))"]
        }
    }

    /// Loads the rules of these tables and puts the jumps to them in place, each table in one step.
    func script(_ tables: [Table], _ rules: [[String]], over saved: SavedRules) -> [String] {
        zip(tables, rules).flatMap { table, rules -> [String] in
            ["*\(table.rawValue)"] + rules + jumps(in: table, saved) + ["COMMIT"]
        }
    }

    /// What is there of ours, as the machine prints it.
    func printed(in saved: SavedRules) -> [String] {
        Table.allCases.flatMap { table in
            saved.rules(of: table.rawValue).filter { $0.contains(beginning) }
        }
    }

    /// Takes everything of ours away; none if nothing is there.
    func removal(_ saved: SavedRules) -> [String] {
        Table.allCases.flatMap { table -> [String] in
            let chains = saved.chains(of: table.rawValue, beginning: beginning)
            guard !chains.isEmpty else { return [] }
            let jumps = saved.rules(of: table.rawValue).filter { rule in
                !rule.hasPrefix("-A \(beginning)") && chains.contains { rule.hasSuffix(" -j \($0)") }
            }
            var lines = ["*\(table.rawValue)"]
            lines += jumps.map { "-D" + $0.dropFirst(2) }
            lines += chains.map { "-F \($0)" }
            lines += chains.map { "-X \($0)" }
            return lines + ["COMMIT"]
        }
    }
}
