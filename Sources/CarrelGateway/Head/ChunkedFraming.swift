/// Follows a chunked body (RFC 9112 section 7.1) without taking it apart: tells where it ends, and whether it is sound.
///
/// Stricter than the grammar where readers differ: sizes have at most 15 digits and nothing before `;` or CR LF,
/// extensions are short and without blanks, and no trailer may frame, route or prove anything.
struct ChunkedFraming {
    enum Progress: Equatable {
        /// All bytes belong to the body and it goes on.
        case more
        /// The body ends behind this many of the bytes.
        case finished(Int)
        case malformed
    }

    private enum State: Equatable {
        case size, sizeFeed, data, dataReturn, dataFeed
        case extensionName(isFirst: Bool), extensionValue(isFirst: Bool), quoted, escaped, afterQuoted
        case trailer, lastFeed, finished, malformed
    }

    static let extensionLimit = 256
    static let trailerLimit = 8192

    private var state = State.size
    private var digits = 0
    private var left: UInt64 = 0
    private var extensionBytes = 0
    private var trailerBytes = 0
    /// The trailer line that has not ended yet.
    private var line: [UInt8] = []
    private var isInValue = false

    mutating func consume(_ raw: UnsafeRawBufferPointer) -> Progress { consume(raw) { _ in } }

    /// Calls `data` with each range of `raw` that is the content itself.
    @inline(__always)
    mutating func consume(_ raw: UnsafeRawBufferPointer, data: (Range<Int>) -> Void) -> Progress {
        var index = 0
        while index < raw.count {
            if state == .data {
                let taken = min(UInt64(raw.count - index), left)
                left -= taken
                data(index..<(index + Int(taken)))
                index += Int(taken)
                if left == 0 { state = .dataReturn }
                continue
            }
            state = next(raw[index])
            index += 1
            if state == .finished { return .finished(index) }
            if state == .malformed { return .malformed }
        }
        return .more
    }

    private mutating func next(_ byte: UInt8) -> State {
        switch state {
        case .size: afterSize(byte)
        case .extensionName, .extensionValue, .quoted, .escaped, .afterQuoted: afterExtension(byte)
        case .sizeFeed: byte == ByteClasses.lineFeed ? beginChunk() : .malformed
        case .dataReturn: byte == ByteClasses.carriageReturn ? .dataFeed : .malformed
        case .dataFeed: byte == ByteClasses.lineFeed ? .size : .malformed
        case .trailer: afterTrailer(byte)
        case .lastFeed: byte == ByteClasses.lineFeed ? .finished : .malformed
        case .data, .finished, .malformed: .malformed
        }
    }

    private mutating func afterSize(_ byte: UInt8) -> State {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66:
            guard digits < 15 else { return .malformed }
            digits += 1
            left = left << 4 | UInt64(byte & 15) + (byte > 0x39 ? 9 : 0)
            return .size
        case ByteClasses.semicolon where digits > 0:
            extensionBytes = 0
            return .extensionName(isFirst: true)
        case ByteClasses.carriageReturn where digits > 0: return .sizeFeed
        default: return .malformed
        }
    }

    private mutating func afterExtension(_ byte: UInt8) -> State {
        extensionBytes += 1
        guard extensionBytes <= Self.extensionLimit else { return .malformed }
        switch state {
        case .quoted:
            if byte == UInt8(ascii: "\"") { return .afterQuoted }
            if byte == UInt8(ascii: "\\") { return .escaped }
            return isQuotable(byte) ? .quoted : .malformed
        case .escaped: return isQuotable(byte) ? .quoted : .malformed
        case .extensionName(let isFirst):
            if ByteClasses.isToken(byte) { return .extensionName(isFirst: false) }
            if byte == ByteClasses.equals, !isFirst { return .extensionValue(isFirst: true) }
            return isFirst ? .malformed : afterElement(byte)
        case .extensionValue(let isFirst):
            if ByteClasses.isToken(byte) { return .extensionValue(isFirst: false) }
            if byte == UInt8(ascii: "\""), isFirst { return .quoted }
            return isFirst ? .malformed : afterElement(byte)
        default: return afterElement(byte)
        }
    }

    private func isQuotable(_ byte: UInt8) -> Bool { (byte >= 0x20 && byte < 0x7F) || byte == ByteClasses.tab }

    private func afterElement(_ byte: UInt8) -> State {
        switch byte {
        case ByteClasses.carriageReturn: .sizeFeed
        case ByteClasses.semicolon: .extensionName(isFirst: true)
        default: .malformed
        }
    }

    private mutating func beginChunk() -> State {
        digits = 0
        return left == 0 ? .trailer : .data
    }

    private mutating func afterTrailer(_ byte: UInt8) -> State {
        if line.isEmpty, byte == ByteClasses.carriageReturn { return .lastFeed }
        trailerBytes += 1
        guard trailerBytes <= Self.trailerLimit else { return .malformed }
        guard mayFollow(byte) else { return .malformed }
        line.append(byte)
        if byte == ByteClasses.colon { isInValue = true }
        guard byte == ByteClasses.lineFeed else { return .trailer }
        isInValue = false
        let isSound = line.withUnsafeBytes { raw in
            guard let field = HeaderField.scan(raw, at: 0) else { return false }
            return Int(field.end) == raw.count && field.kind.mayBeTrailer
        }
        line.removeAll(keepingCapacity: true)
        return isSound ? .trailer : .malformed
    }

    /// Whether the trailer line may go on with `byte`. What came is on its way already: it is refused at the first byte
    /// that is wrong, not at the line's end.
    private func mayFollow(_ byte: UInt8) -> Bool {
        if line.last == ByteClasses.carriageReturn { return byte == ByteClasses.lineFeed }
        if isInValue { return ByteClasses.isFieldContent(byte) || byte == ByteClasses.carriageReturn }
        guard byte == ByteClasses.colon else { return ByteClasses.isToken(byte) }
        return !line.isEmpty && line.withUnsafeBytes { HeaderKind.of($0, 0..<$0.count).mayBeTrailer }
    }
}
