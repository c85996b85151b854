/// What a `Host` may be (RFC 3986 section 3.2.2, without percent-encoding): a name, an IPv4 address or an IPv6 address
/// in brackets, then perhaps a port.
enum HostName {
    static func isSound(_ raw: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        let end = range.upperBound
        if index < end, raw[index] == UInt8(ascii: "[") {
            index += 1
            let start = index
            while index < end, isAddress(raw[index]) { index += 1 }
            guard index - start >= 2, index < end, raw[index] == UInt8(ascii: "]") else { return false }
            index += 1
        } else {
            while index < end, ByteClasses.isName(raw[index]) { index += 1 }
            guard index > range.lowerBound else { return false }
        }
        if index == end { return true }
        guard raw[index] == ByteClasses.colon, end - index <= 6 else { return false }
        return raw[(index + 1)..<end].allSatisfy(ByteClasses.isDigit)
    }

    /// Of an IPv6 address, one that ends in an IPv4 address too.
    private static func isAddress(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x3A, 0x41...0x46, 0x61...0x66, UInt8(ascii: "."): true
        default: false
        }
    }
}
