import CarrelCore

/// `application/x-www-form-urlencoded`, as requests to providers need it in addresses and bodies.
enum FormText {
    /// `a=b&c=d`, with everything but unreserved characters percent-encoded (RFC 3986, section 2.3).
    static func encode(_ fields: [(String, String)]) -> String {
        fields.map { "\(encode($0.0))=\(encode($0.1))" }.joined(separator: "&")
    }

    static func encode(_ text: String) -> String {
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 126: encoded.append(byte)
            default:
                encoded.append(UInt8(ascii: "%"))
                encoded.append(contentsOf: [byte].hex.uppercased().utf8)
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// The address with these fields added to its query.
    static func address(_ base: String, _ fields: [(String, String)]) -> String {
        guard !fields.isEmpty else { return base }
        return base + (base.contains("?") ? "&" : "?") + encode(fields)
    }
}
