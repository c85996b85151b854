/// Follows a chunked body (RFC 9112 section 7.1) without taking it apart: tells where it ends, and whether it is sound.
///
/// Stricter than the grammar where readers differ: sizes have at most 15 digits and nothing before `;` or CR LF,
/// extensions are short and printable, and no trailer may frame, route or prove anything.
struct ChunkedFraming {
    enum Progress: Equatable {
        /// All bytes belong to the body and it goes on.
        case more
        /// The body ends behind this many of the bytes.
        case finished(Int)
        case malformed
    }

    private enum State {
        case size, `extension`, sizeFeed, data, dataReturn, dataFeed
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

    mutating func consume(_ raw: UnsafeRawBufferPointer) -> Progress {
        var index = 0
        while index < raw.count {
            if state == .data {
                let taken = min(UInt64(raw.count - index), left)
                left -= taken
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
        case .extension: afterExtension(byte)
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
            return .extension
        case ByteClasses.carriageReturn where digits > 0: return .sizeFeed
        default: return .malformed
        }
    }

    private mutating func afterExtension(_ byte: UInt8) -> State {
        if byte == ByteClasses.carriageReturn { return .sizeFeed }
        extensionBytes += 1
        guard extensionBytes <= Self.extensionLimit else { return .malformed }
        return (byte >= 0x20 && byte < 0x7F) || byte == ByteClasses.tab ? .extension : .malformed
    }

    private mutating func beginChunk() -> State {
        digits = 0
        return left == 0 ? .trailer : .data
    }

    private mutating func afterTrailer(_ byte: UInt8) -> State {
        if line.isEmpty, byte == ByteClasses.carriageReturn { return .lastFeed }
        trailerBytes += 1
        guard trailerBytes <= Self.trailerLimit else { return .malformed }
        line.append(byte)
        guard byte == ByteClasses.lineFeed else { return .trailer }
        let isSound = line.withUnsafeBytes { raw in
            guard let field = HeaderField.scan(raw, at: 0) else { return false }
            return Int(field.end) == raw.count && field.kind.mayBeTrailer
        }
        line.removeAll(keepingCapacity: true)
        return isSound ? .trailer : .malformed
    }
}
