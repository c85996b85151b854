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

    /// Whatever of these is in our block is nobody's any more; they may be larger or smaller than a /29.
    mutating func take(_ subnets: [String]) {
        for subnet in subnets { for index in indices(of: subnet) { taken.insert(index) } }
    }

    mutating func give(back subnet: String) {
        for index in indices(of: subnet) { taken.remove(index) }
    }

    private func indices(of subnet: String) -> Range<UInt32> {
        guard count > 0, let (start, end) = Self.span(subnet) else { return 0..<0 }
        let last = first + (count - 1) * 8 + 7
        guard start <= last, end >= first else { return 0..<0 }
        return (max(start, first) - first) / 8..<(min(end, last) - first) / 8 + 1
    }

    /// Whether two blocks share an address. False if one can't be read.
    static func overlap(_ one: String, _ other: String) -> Bool {
        guard let one = span(one), let other = span(other) else { return false }
        return one.first <= other.last && other.first <= one.last
    }

    /// Its first and last address.
    static func span(_ block: String) -> (first: UInt32, last: UInt32)? {
        guard let (address, bits) = parse(block) else { return nil }
        let mask: UInt32 = bits == 0 ? 0 : ~0 << UInt32(32 - bits)
        return (address & mask, address | ~mask)
    }

    /// Whether an IPv4 address lies in a block.
    static func block(_ block: String, has address: String) -> Bool { overlap(block, address + "/32") }

    /// Where the container is in a subnet.
    static func containerAddress(in subnet: String) -> String? { parse(subnet).map { text($0.address + 2) } }

    static func parse(_ block: String) -> (address: UInt32, bits: Int)? {
        let halves = block.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let bits = Int(halves[1]), (0...32).contains(bits) else { return nil }
        let parts = halves[0].split(separator: ".", omittingEmptySubsequences: false).compactMap { UInt8($0) }
        guard parts.count == 4 else { return nil }
        return (parts.reduce(0) { $0 << 8 | UInt32($1) }, bits)
    }

    static func text(_ address: UInt32) -> String {
        [24, 16, 8, 0].map { String(address >> UInt32($0) & 255) }.joined(separator: ".")
    }
}
