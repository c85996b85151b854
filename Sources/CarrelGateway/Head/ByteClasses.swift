/// The bytes that HTTP's grammar allows in each place (RFC 9110 section 5.6.2, RFC 9112 section 3.2).
enum ByteClasses {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let comma: UInt8 = 0x2C
    static let slash: UInt8 = 0x2F
    static let colon: UInt8 = 0x3A
    static let semicolon: UInt8 = 0x3B
    static let equals: UInt8 = 0x3D
    static let question: UInt8 = 0x3F

    /// `tchar`, as a bit for each of the 128 ASCII bytes.
    private static let tokenLow: UInt64 = mask("!#$%&'*+-.0123456789")
    private static let tokenHigh: UInt64 = mask("ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~")
    /// What a `Host` may consist of: names, addresses, brackets and a port.
    private static let hostLow: UInt64 = mask("-.0123456789:")
    private static let hostHigh: UInt64 = mask("ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_abcdefghijklmnopqrstuvwxyz")

    private static func mask(_ characters: StaticString) -> UInt64 {
        characters.withUTF8Buffer { $0.reduce(0) { $0 | (1 << UInt64($1 & 63)) } }
    }

    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        guard byte < 128 else { return false }
        return ((byte < 64 ? tokenLow : tokenHigh) >> UInt64(byte & 63)) & 1 == 1
    }

    @inline(__always)
    static func isHost(_ byte: UInt8) -> Bool {
        guard byte < 128 else { return false }
        return ((byte < 64 ? hostLow : hostHigh) >> UInt64(byte & 63)) & 1 == 1
    }

    /// Of a host, what is neither bracket nor colon.
    @inline(__always)
    static func isName(_ byte: UInt8) -> Bool {
        isHost(byte) && byte != colon && byte != UInt8(ascii: "[") && byte != UInt8(ascii: "]")
    }

    /// Field content: visible ASCII, space, tab and bytes above ASCII; never another control byte.
    @inline(__always)
    static func isFieldContent(_ byte: UInt8) -> Bool { (byte >= 0x20 && byte != 0x7F) || byte == tab }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    @inline(__always)
    static func lowered(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes of `range` are `literal` (written in lower case), letters compared without case.
    @inline(__always)
    func equals(_ range: Range<Int>, _ literal: StaticString) -> Bool {
        range.count == literal.utf8CodeUnitCount && hasPrefix(range, literal)
    }

    /// Whether the bytes of `range` begin with `literal` (written in lower case), letters compared without case.
    @inline(__always)
    func hasPrefix(_ range: Range<Int>, _ literal: StaticString) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard range.count >= count else { return false }
        let text = literal.utf8Start
        for index in 0..<count where ByteClasses.lowered(self[range.lowerBound + index]) != text[index] { return false }
        return true
    }

    /// Whether the bytes of `range` are `text` exactly.
    @inline(__always)
    func equals(_ range: Range<Int>, exactly text: [UInt8]) -> Bool {
        range.count == text.count && self[range].elementsEqual(text)
    }

    /// Whether the bytes of `range` are `text` (given in lower case), letters compared without case.
    func equals(_ range: Range<Int>, lowered text: [UInt8]) -> Bool {
        range.count == text.count && zip(self[range], text).allSatisfy { ByteClasses.lowered($0) == $1 }
    }

    /// `range` without spaces and tabs at its ends.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high, ByteClasses.isBlank(self[low]) { low += 1 }
        while high > low, ByteClasses.isBlank(self[high - 1]) { high -= 1 }
        return low..<high
    }

    /// Calls `body` with each trimmed element of a list until it returns false.
    @inline(__always)
    func forEachElement(of range: Range<Int>, separator: UInt8, _ body: (Range<Int>) -> Bool) {
        var start = range.lowerBound
        while start <= range.upperBound {
            let end = self[start..<range.upperBound].firstIndex(of: separator) ?? range.upperBound
            if !body(trimmed(start..<end)) { return }
            start = end + 1
        }
    }

    /// The bytes of `range` as text, for the paths where speed does not matter.
    func text(_ range: Range<Int>) -> String { String(decoding: self[range], as: UTF8.self) }
}
