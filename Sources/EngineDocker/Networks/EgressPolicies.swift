import CarrelCore
import EngineHost

/// What workspaces may reach, each with a code of two characters for the names of its bridges, so that one rule of the
/// firewall covers all workspaces of a policy. Pure.
struct EgressPolicies: Sendable {
    static let label = "org.carrel.egress"
    static let nothing = "no"
    static let everything = "in"
    private static let digits = Array("0123456789abcdefghijklmnopqrstuvwxyz")

    private var lists: [String: [String]] = [:]

    /// Every policy that a bridge may have, in the order of the codes.
    var all: [(code: String, egress: Egress)] {
        [(Self.everything, .internet), (Self.nothing, .none)]
            + lists.sorted { $0.key < $1.key }.map { ($0.key, .only($0.value)) }
    }

    /// The code of a policy; a list gets one that no other list has.
    mutating func code(for egress: Egress) -> String {
        guard case .only(let blocks) = egress else { return egress == .none ? Self.nothing : Self.everything }
        let list = Set(blocks).sorted()
        if let known = lists.first(where: { $0.value == list }) { return known.key }
        let count = Self.digits.count
        let start = Int(Self.text(egress).utf8.fingerprint % UInt64(count * count))
        for step in 0..<count * count {
            let index = (start + step) % (count * count)
            let code = String([Self.digits[index / count], Self.digits[index % count]])
            if code == Self.nothing || code == Self.everything || lists[code] != nil { continue }
            lists[code] = list
            return code
        }
        // A thousand lists are in use at once: what can't be told apart reaches nothing.
        return Self.nothing
    }

    /// Takes up what a network that is there already says of itself.
    mutating func adopt(_ code: String, label: String) {
        if case .only(let blocks)? = Self.egress(of: label) { lists[code] = Set(blocks).sorted() }
    }

    static func text(_ egress: Egress) -> String {
        switch egress {
        case .none: "none"
        case .internet: "internet"
        case .only(let blocks): Set(blocks).sorted().joined(separator: " ")
        }
    }

    /// Nil if it is none of ours: nothing but addresses may get into the firewall's rules.
    static func egress(of text: String) -> Egress? {
        if text == "none" { return Egress.none }
        if text == "internet" { return .internet }
        let blocks = text.split(separator: " ").map(String.init)
        let isPlain = blocks.allSatisfy { $0.allSatisfy { $0.isHexDigit || $0 == "." || $0 == ":" || $0 == "/" } }
        return blocks.isEmpty || !isPlain ? nil : .only(blocks)
    }
}
