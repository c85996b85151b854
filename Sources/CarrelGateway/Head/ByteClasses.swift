#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

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

    // Written out: worked out from texts they would be made at their first use, and every look at a byte would ask
    // whether that has happened (`swift_once`, 1.8 % of all instructions per request). A test compares them.

    /// `tchar` as a bit for each of the 128 ASCII bytes: `!#$%&'*+-.0123456789`, …
    static let tokenLow: UInt64 = 0x03FF_6CFA_0000_0000
    /// … `A` to `Z`, ``^_` ``, `a` to `z`, `|~`.
    static let tokenHigh: UInt64 = 0x57FF_FFFF_C7FF_FFFE
    /// What a `Host` may consist of: names, addresses, brackets and a port. `-.0123456789:`, …
    static let hostLow: UInt64 = 0x07FF_6000_0000_0000
    /// … `A` to `Z`, `[]_`, `a` to `z`.
    static let hostHigh: UInt64 = 0x07FF_FFFE_AFFF_FFFE

    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        // Nearly all bytes of names are letters or hyphens.
        if (byte | 0x20) &- 0x61 < 26 || byte == 0x2D { return true }
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

    /// Where the first byte from `start` on is that is no field content; `raw.count` if there is none. Eight bytes at a
    /// time, for values are most of a head.
    @inline(__always)
    static func endOfFieldContent(_ raw: UnsafeRawBufferPointer, from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var index = start
        while index < raw.count {
            while index + 8 <= raw.count {
                let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                let deleted = word ^ (ones &* 0x7F)
                // A high bit for each byte below 0x20, and for each that was 0x7F (Anderson, Bit Twiddling Hacks).
                let controls = (word &- ones &* 0x20) & ~word | (deleted &- ones) & ~deleted
                guard controls & (ones &* 0x80) == 0 else { break }
                index += 8
            }
            while index < raw.count, isFieldContent(raw[index]) {
                index += 1
                // A tab is content: behind it, words again.
                if raw[index - 1] == tab { break }
            }
            if index < raw.count, !isFieldContent(raw[index]) { return index }
        }
        return index
    }

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

    /// Whether the bytes of `range` are `literal` exactly.
    @inline(__always)
    func isExactly(_ range: Range<Int>, _ literal: StaticString) -> Bool {
        guard range.count == literal.utf8CodeUnitCount else { return false }
        let text = literal.utf8Start
        for index in 0..<range.count where self[range.lowerBound + index] != text[index] { return false }
        return true
    }

    /// Whether the bytes of `range` are `text` exactly.
    @inline(__always)
    func equals(_ range: Range<Int>, exactly text: [UInt8]) -> Bool {
        // memcmp: comparing sequences took 6 % of all instructions per request.
        guard range.count == text.count, let base = baseAddress else { return false }
        return text.withUnsafeBytes { other in
            other.baseAddress.map { memcmp(base + range.lowerBound, $0, range.count) == 0 } ?? true
        }
    }

    /// The first place in `range` with that byte.
    @inline(__always)
    func first(_ byte: UInt8, in range: Range<Int>) -> Int? {
        guard let base = baseAddress, !range.isEmpty,
            let found = memchr(base + range.lowerBound, Int32(byte), range.count)
        else { return nil }
        return UnsafeRawPointer(found) - base
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
            let end = first(separator, in: start..<range.upperBound) ?? range.upperBound
            if !body(trimmed(start..<end)) { return }
            start = end + 1
        }
    }

    /// The bytes of `range` as text, for the paths where speed does not matter.
    func text(_ range: Range<Int>) -> String { String(decoding: self[range], as: UTF8.self) }
}
