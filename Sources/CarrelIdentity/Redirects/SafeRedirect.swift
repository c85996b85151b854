/// Where a sign-in may lead on: a path on this host, and nothing that any browser reads as another one.
public enum SafeRedirect {
    /// Bytes.
    public static let longest = 2048

    /// The path to redirect to, or nil if it is not safe. It begins with exactly one `/`; has no `//` and no dot
    /// segments (also percent-encoded) before the query, no backslash, no control bytes; at most `longest` bytes.
    /// Spaces, quotes, angle brackets and bytes beyond ASCII come back percent-encoded, as a `Location` needs them.
    public static func path(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "/"), bytes.count <= longest else { return nil }
        guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "\\") }) else { return nil }
        let path = bytes.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        let segments = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        // An empty segment is a double slash, unless it is the last: that is a path that ends with a slash.
        guard segments.dropLast().allSatisfy({ !$0.isEmpty }), !segments.contains(where: isDots) else { return nil }
        var encoded: [UInt8] = []
        encoded.reserveCapacity(bytes.count)
        for byte in bytes {
            switch byte {
            case 0x20, UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), 0x80...:
                encoded.append(contentsOf: [UInt8(ascii: "%"), digit(byte >> 4), digit(byte & 15)])
            default: encoded.append(byte)
            }
        }
        return encoded.count <= longest ? String(decoding: encoded, as: UTF8.self) : nil
    }

    private static func isDots(_ segment: ArraySlice<UInt8>) -> Bool {
        guard segment.count <= 6 else { return false }
        let text = String(decoding: segment, as: UTF8.self).lowercased()
        return [".", "..", "%2e", ".%2e", "%2e.", "%2e%2e"].contains(text)
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
