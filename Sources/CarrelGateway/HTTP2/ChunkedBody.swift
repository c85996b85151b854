import NIOCore
import NIOHPACK

/// Takes a chunked body (RFC 9112 section 7.1) apart, for a protocol that has frames of its own. `ChunkedFraming` has
/// looked at the same bytes before: what is not as it should be here ends the stream and is not explained.
struct ChunkedBody {
    enum Piece {
        case data(ByteBuffer)
        /// All bytes are read and the body goes on.
        case more
        /// Nil: nothing but the data.
        case end(HPACKHeaders?)
        case malformed
    }

    private enum State { case size, data(Int), dataEnd, trailer }

    private var state = State.size
    /// A line that has not ended yet.
    private var line: [UInt8] = []
    private var trailers: HPACKHeaders?

    private static let longestLine = ChunkedFraming.trailerLimit

    /// Call it again until there is `more` to wait for, or the end.
    mutating func next(_ buffer: inout ByteBuffer) -> Piece {
        while buffer.readableBytes > 0 {
            switch state {
            case .data(let left):
                guard let data = buffer.readSlice(length: min(left, buffer.readableBytes)) else { return .malformed }
                state = data.readableBytes == left ? .dataEnd : .data(left - data.readableBytes)
                return .data(data)
            case .dataEnd:
                guard let ended = readLine(&buffer) else { return .more }
                guard ended.isEmpty else { return .malformed }
                state = .size
            case .size:
                guard let text = readLine(&buffer) else { return .more }
                let digits = text.prefix { $0 != ByteClasses.semicolon }
                guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), size >= 0 else {
                    return .malformed
                }
                state = size == 0 ? .trailer : .data(size)
            case .trailer:
                guard let text = readLine(&buffer) else { return .more }
                if text.isEmpty { return .end(trailers) }
                guard take(text) else { return .malformed }
            }
            if line.count > Self.longestLine { return .malformed }
        }
        return .more
    }

    /// Without its CR LF; nil while it has not ended.
    private mutating func readLine(_ buffer: inout ByteBuffer) -> [UInt8]? {
        let view = buffer.readableBytesView
        guard let feed = view.firstIndex(of: ByteClasses.lineFeed) else {
            line += view.prefix(Self.longestLine + 1)
            buffer.moveReaderIndex(to: buffer.writerIndex)
            return nil
        }
        var text = line + view[..<feed]
        line.removeAll()
        buffer.moveReaderIndex(to: feed + 1)
        if text.last == ByteClasses.carriageReturn { text.removeLast() }
        return text
    }

    private mutating func take(_ text: [UInt8]) -> Bool {
        let whole = text + [ByteClasses.carriageReturn, ByteClasses.lineFeed]
        return whole.withUnsafeBytes { raw in
            guard let field = HeaderField.scan(raw, at: 0), field.kind.mayBeTrailer else { return false }
            if trailers == nil { trailers = HPACKHeaders() }
            trailers?.add(name: raw.lowered(field.name), value: raw.said(field.value))
            return true
        }
    }
}
