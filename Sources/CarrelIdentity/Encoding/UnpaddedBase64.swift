/// Base64 without padding, read strictly: what does not encode back to the same text is refused, so that a value has
/// one spelling only (RFC 4648 sections 3.5, 4 and 5).
enum UnpaddedBase64 {
    enum Alphabet {
        /// For URLs, cookies and file names: `-` and `_`.
        case url
        /// As in PHC strings: `+` and `/`.
        case standard

        fileprivate var characters: [UInt8] {
            switch self {
            case .url: UnpaddedBase64.urlCharacters
            case .standard: UnpaddedBase64.standardCharacters
            }
        }
    }

    private static let shared = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    fileprivate static let urlCharacters = Array((shared + "-_").utf8)
    fileprivate static let standardCharacters = Array((shared + "+/").utf8)

    static func encode(_ bytes: some Sequence<UInt8>, _ alphabet: Alphabet = .url) -> String {
        let characters = alphabet.characters
        var text: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                text.append(characters[Int(bits >> UInt32(count) & 63)])
            }
            bits &= 1 << UInt32(count) - 1
        }
        if count > 0 { text.append(characters[Int(bits << UInt32(6 - count) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for foreign characters, impossible lengths and bits that don't belong to a byte.
    static func decode(_ text: some StringProtocol, _ alphabet: Alphabet = .url) -> [UInt8]? {
        let (plus, slash): (UInt8, UInt8) = alphabet == .url ? (45, 95) : (43, 47)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count * 3 / 4)
        var bits: UInt32 = 0
        var count = 0
        for character in text.utf8 {
            let value: UInt8
            switch character {
            case 65...90: value = character - 65
            case 97...122: value = character - 71
            case 48...57: value = character + 4
            case plus: value = 62
            case slash: value = 63
            default: return nil
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(bits >> UInt32(count) & 255))
                bits &= 1 << UInt32(count) - 1
            }
        }
        guard count < 6, bits == 0 else { return nil }
        return bytes
    }
}
