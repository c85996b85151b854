import CarrelCore

extension CrossChecks {
    /// Two container engines of one machine know nothing of each other's networks: with the same addresses one would answer
    /// for the other's workspaces.
    mutating func checkSubnets() {
        var seen: [(name: String, block: IPv4Block)] = []
        for engine in configuration.engines {
            guard case .docker(let settings) = engine.settings, settings.remote == nil,
                let block = IPv4Block(settings.subnets)
            else { continue }
            if let other = seen.first(where: { $0.block.overlaps(block) }) {
                log.problem(
                    "engines.\(engine.name).subnets",
                    found: settings.subnets,
                    "\(settings.subnets) overlaps with the engine \(other.name)'s \(other.block)",
                    "give each engine a block of its own, such as 10.214.0.0/16"
                )
            }
            seen.append((engine.name.description, block))
        }
    }
}

/// A network in CIDR notation (RFC 4632).
private struct IPv4Block: CustomStringConvertible {
    let description: String
    private let first: UInt32
    private let last: UInt32

    init?(_ text: String) {
        let halves = text.split(separator: "/")
        let parts = halves.first?.split(separator: ".").compactMap { UInt8($0) } ?? []
        guard halves.count == 2, parts.count == 4, let bits = UInt32(halves[1]), bits <= 32 else { return nil }
        let address = parts.reduce(0) { $0 << 8 | UInt32($1) }
        let mask: UInt32 = bits == 0 ? 0 : ~0 << (32 - bits)
        description = text
        first = address & mask
        last = first | ~mask
    }

    func overlaps(_ other: IPv4Block) -> Bool { first <= other.last && other.first <= last }
}
