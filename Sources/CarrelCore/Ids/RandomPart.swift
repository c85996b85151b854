/// The sixteen characters of base32 that an identifier ends with, as the 80 bits they stand for: ids are the keys of every
/// table, and a text of nineteen bytes is 64 bytes of heap each time it is read from somewhere.
struct RandomPart: Hashable, Sendable, Comparable {
    static let length = 16

    /// The first twelve characters, and the last four. Digits count below letters, as they do in the text, so that both
    /// are in the same order.
    private let high: UInt64
    private let low: UInt32

    /// Nil unless it is sixteen of `a`–`z` and `2`–`7`.
    init?(_ bytes: some Sequence<UInt8>) {
        var high: UInt64 = 0
        var low: UInt32 = 0
        var count = 0
        for byte in bytes {
            let bits: UInt8
            switch byte {
            case 97...122: bits = byte - 97 + 6
            case 50...55: bits = byte - 50
            default: return nil
            }
            if count < 12 { high = high << 5 | UInt64(bits) } else { low = low << 5 | UInt32(bits) }
            count += 1
            guard count <= Self.length else { return nil }
        }
        guard count == Self.length else { return nil }
        self.high = high
        self.low = low
    }

    init(from source: inout some RandomNumberGenerator) {
        high = source.next() & (1 << 60 - 1)
        low = source.next() & (1 << 20 - 1)
    }

    func text(after prefix: StaticString) -> String {
        let ahead = prefix.utf8CodeUnitCount
        return String(unsafeUninitializedCapacity: ahead + Self.length) { buffer in
            _ = buffer.update(fromContentsOf: UnsafeBufferPointer(start: prefix.utf8Start, count: ahead))
            for place in 0..<Self.length {
                let bits =
                    place < 12
                    ? UInt8(truncatingIfNeeded: high >> (5 * UInt64(11 - place))) & 31
                    : UInt8(truncatingIfNeeded: low >> (5 * UInt32(15 - place))) & 31
                buffer[ahead + place] = bits < 6 ? bits + 50 : bits - 6 + 97
            }
            return ahead + Self.length
        }
    }

    static func < (left: Self, right: Self) -> Bool { (left.high, left.low) < (right.high, right.low) }
}
