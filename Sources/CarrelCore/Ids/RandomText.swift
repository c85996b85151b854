/// Unguessable text from an injected source of randomness.
public enum RandomText {
    /// `length` characters of lower-case base32: five random bits each.
    public static func base32(length: Int, from random: inout some RandomNumberGenerator) -> String {
        var bits: UInt64 = 0
        var left = 0
        var text = ""
        text.reserveCapacity(length)
        for _ in 0..<length {
            if left < 5 {
                bits = random.next()
                left = 64
            }
            text.append(IdentifierRules.base32[Int(bits & 31)])
            bits >>= 5
            left -= 5
        }
        return text
    }
}
