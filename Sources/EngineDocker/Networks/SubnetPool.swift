/// Blocks of eight IPv4 addresses (a /29) for the networks of workspaces: the first is the network's, the second the
/// engine's own, the third the container's. Pure.
struct SubnetPool: Sendable {
    private let first: UInt32
    private let count: UInt32
    private var taken: Set<UInt32> = []
    private var cursor: UInt32 = 0

    /// A block such as `10.213.0.0/16`; one that can't be read has no room.
    init(block: String) {
        guard let (address, bits) = Self.parse(block), bits <= 29 else {
            (first, count) = (0, 0)
            return
        }
        let mask: UInt32 = bits == 0 ? 0 : ~0 << UInt32(32 - bits)
        first = address & mask
        count = 1 << UInt32(29 - bits)
    }

    /// The next one that nobody has, round and round, so that one that was given back is not used again at once.
    mutating func next() -> String? {
        guard taken.count < count else { return nil }
        while taken.contains(cursor) { cursor = (cursor + 1) % count }
        taken.insert(cursor)
        defer { cursor = (cursor + 1) % count }
        return "\(Self.text(first + cursor * 8))/29"
    }

    mutating func take(_ subnets: [String]) {
        for subnet in subnets { if let index = index(of: subnet) { taken.insert(index) } }
    }

    mutating func give(back subnet: String) {
        if let index = index(of: subnet) { taken.remove(index) }
    }

    private func index(of subnet: String) -> UInt32? {
        guard let (address, _) = Self.parse(subnet), address >= first, (address - first) / 8 < count else { return nil }
        return (address - first) / 8
    }

    /// Where the container is in a subnet.
    static func containerAddress(in subnet: String) -> String? { parse(subnet).map { text($0.address + 2) } }

    static func parse(_ block: String) -> (address: UInt32, bits: Int)? {
        let halves = block.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let bits = Int(halves[1]), (0...32).contains(bits) else { return nil }
        let parts = halves[0].split(separator: ".", omittingEmptySubsequences: false).compactMap { UInt8($0) }
        guard parts.count == 4 else { return nil }
        return (parts.reduce(0) { $0 << 8 | UInt32($1) }, bits)
    }

    private static func text(_ address: UInt32) -> String {
        [24, 16, 8, 0].map { String(address >> UInt32($0) & 255) }.joined(separator: ".")
    }
}
