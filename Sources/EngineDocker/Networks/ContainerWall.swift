import EngineHost
import Glibc

/// Keeps the firewall of one engine in force on this machine: loads it, looks whether it is still there, takes it away.
actor ContainerWall {
    /// Nothing is looked at again before this has passed: starts come in crowds.
    static let pause = Duration.seconds(2)

    /// How often it is tried to get the rules in place; about a second in all.
    private static let attempts = 12

    /// What was loaded for IPv4 or IPv6, and what the machine printed of it then.
    private struct Loaded: Equatable, Sendable {
        var rules: [[String]]
        var printed: [String]
    }

    private struct Wish: Equatable, Sendable {
        var policies: [ContainerFirewall.Policy]
        var blocks: [String]
    }

    /// What stands in the way.
    struct Failure: Error, CustomStringConvertible { let description: String }

    private let firewall: ContainerFirewall
    private let lock = KeyedLock<Int>()
    private var loaded: [Loaded] = []
    private var wish: Wish?
    private var looked: ContinuousClock.Instant?

    init(_ firewall: ContainerFirewall) { self.firewall = firewall }

    /// Afterwards these rules are in force. Throws `Failure`.
    func hold(_ policies: [ContainerFirewall.Policy], blocks: [String]) async throws {
        try await lock.withLock(on: 0) { try await self.look(Wish(policies: policies, blocks: blocks)) }
    }

    private func look(_ wish: Wish) async throws {
        if wish == self.wish, let looked, looked.duration(to: .now) < Self.pause { return }
        let firewall = firewall
        let known = wish == self.wish ? loaded : []
        self.wish = nil
        loaded = try await blocking {
            try Netfilter.needed.enumerated().map { index, family in
                try Self.load(firewall, family, wish, known: known.indices.contains(index) ? known[index] : nil)
            }
        }
        self.wish = wish
        looked = .now
    }

    /// Whether the machine would take the rules. Nil if so, else what stands in the way.
    static func trial(_ firewall: ContainerFirewall, _ policies: [ContainerFirewall.Policy], blocks: [String])
        -> String?
    {
        for family in Netfilter.needed {
            let rules = firewall.rules(family, in: .filter, policies: policies, blocks: blocks)
            if let failure = family.load(["*filter"] + rules + ["COMMIT"], trial: true) { return failure }
        }
        return nil
    }

    func remove() async {
        let firewall = firewall
        // Throws nothing.
        try? await lock.withLock(on: 0) {
            try await blocking {
                for family in [Netfilter.four, .six] {
                    guard let saved = family.saved() else { continue }
                    let lines = firewall.removal(saved)
                    if !lines.isEmpty { _ = family.load(lines) }
                }
            }
            await self.forget()
        }
    }

    private func forget() { (wish, loaded, looked) = (nil, [], nil) }

    /// Looks whether all is in force for one family, and loads it if not.
    private static func load(
        _ firewall: ContainerFirewall,
        _ family: Netfilter,
        _ wish: Wish,
        known: Loaded?
    ) throws -> Loaded {
        guard Command.find(family.restore) != nil else {
            throw Failure(description: "\(family.command) is not installed")
        }
        var reason = "\(family.command)-save does not work"
        // Others may change the rules between the look and the change: Docker has its hook out for some moments whenever it
        // makes a network, for longer ones on a busy machine.
        for attempt in 0..<Self.attempts {
            if attempt > 2 { usleep(UInt32(attempt) * 10_000) }
            guard let saved = family.saved() else { continue }
            // Without the second table the first still refuses.
            for tables in [ContainerFirewall.Table.allCases, [.filter]] {
                let rules = tables.map { firewall.rules(family, in: $0, policies: wish.policies, blocks: wish.blocks) }
                if let known, known.rules == rules, known.printed == firewall.printed(in: saved),
                    tables.allSatisfy({ firewall.jumps(in: $0, saved).isEmpty })
                {
                    return known
                }
                if let failure = family.load(firewall.script(tables, rules, over: saved)) {
                    reason = failure
                    continue
                }
                if let after = family.saved(), tables.allSatisfy({ firewall.jumps(in: $0, after).isEmpty }) {
                    return Loaded(rules: rules, printed: firewall.printed(in: after))
                }
                reason = "\(family.command): the rules were taken away again at once"
                break
            }
        }
        throw Failure(description: reason)
    }
}
