/// Aliases cost nothing while the tree is made, for they share what they stand for, and what is read of the tree is
/// counted. But Yams compares keys by all that they contain, and a key may be an alias of aliases of aliases: the work
/// grows as a power of their number. Hence many aliases and keys that are not plain words don't go together.
enum AliasBound {
    static let aliases = 20

    static func isExceeded(by text: String) -> Bool {
        var count = 0
        var hasComplexKey = false
        var before: UInt8 = 10
        var lastSolid: UInt8 = 10
        var inAlias = false
        for (byte, next) in zip(text.utf8, Array(text.utf8.dropFirst()) + [10]) {
            let opens = isBlank(before) || before == 91 || before == 123 || before == 44
            if byte == 42, opens, !isBlank(next) {
                count += 1
                inAlias = true
            } else if byte == 63, opens || before == 45, isBlank(next) {
                hasComplexKey = true
            } else if byte == 58, inAlias || lastSolid == 93 || lastSolid == 125 {
                hasComplexKey = true
            }
            if byte == 44 || byte == 93 || byte == 125 || byte == 10 { inAlias = false }
            if !isBlank(byte) { lastSolid = byte }
            before = byte
        }
        return count > aliases && hasComplexKey
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 10 || byte == 13 }
}
