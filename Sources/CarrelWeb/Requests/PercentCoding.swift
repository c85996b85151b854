/// Percent-encoding (RFC 3986, section 2.1) of query values.
enum PercentCoding {
    /// Everything but letters, digits, `-._~` and the slash becomes `%XX`: nothing can end or extend the value.
    static func encoded(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isPlain(byte) {
                bytes.append(byte)
            } else {
                bytes += [37, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `+` is a space, as forms write it; a percent sign that is followed by no two digits stays as it is, and bytes
    /// that are no UTF-8 become U+FFFD.
    static func decoded(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8.makeIterator()
        while let byte = rest.next() {
            var ahead = rest
            if byte == 43 {
                bytes.append(32)
            } else if byte == 37, let high = ahead.next().flatMap(value), let low = ahead.next().flatMap(value) {
                bytes.append(high << 4 | low)
                rest = ahead
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let digits = Array("0123456789ABCDEF".utf8)

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, 45, 46, 95, 126, 47: true
        default: false
        }
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 48...57: digit - 48
        case 65...70: digit - 55
        case 97...102: digit - 87
        default: nil
        }
    }
}
