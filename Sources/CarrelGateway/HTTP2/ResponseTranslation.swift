import NIOCore
import NIOHPACK

/// A response in the bytes of HTTP/1.1, as the client's connection writes it, taken apart for a stream of HTTP/2.
struct ResponseTranslation {
    enum Part {
        case interim(HPACKHeaders)
        case head(HPACKHeaders, ends: Bool)
        case data(ByteBuffer, ends: Bool)
        /// They end the stream.
        case trailers(HPACKHeaders)
        /// It can't be passed on: the stream is reset.
        case broken
    }

    private enum State {
        case head
        case length(Int)
        case chunked(ChunkedBody)
        case untilClose
        case ended
    }

    /// The request's method was HEAD: there is no body, whatever the head says.
    var answersHead = false
    private var state = State.head
    private var inbound: ByteBuffer?

    var hasBegun: Bool { if case .head = state { false } else { true } }

    var hasEnded: Bool { if case .ended = state { true } else { false } }

    /// Whether the end of the writing side is the end of the response, and not its failure.
    var endsWithConnection: Bool { if case .untilClose = state { true } else { false } }

    /// `scratch` is read into and may be used by all streams of an event loop, one after the other.
    mutating func take(_ bytes: ByteBuffer, scratch: ResponseHead, _ emit: (Part) -> Void) {
        var buffer = bytes
        while buffer.readableBytes > 0 {
            switch state {
            case .head:
                guard takeHead(&buffer, scratch, emit) else { return }
            case .length(let left):
                guard let data = buffer.readSlice(length: min(left, buffer.readableBytes)) else { return }
                let ends = data.readableBytes == left
                state = ends ? .ended : .length(left - data.readableBytes)
                emit(.data(data, ends: ends))
            case .chunked(var body):
                // Put aside, so that what it holds is not copied.
                state = .untilClose
                takeChunks(&body, &buffer, emit)
            case .untilClose:
                emit(.data(buffer, ends: false))
                return
            case .ended: return
            }
        }
    }

    /// The connection ends in good order.
    mutating func close() { state = .ended }

    private mutating func takeHead(
        _ buffer: inout ByteBuffer,
        _ scratch: ResponseHead,
        _ emit: (Part) -> Void
    ) -> Bool {
        if inbound == nil { inbound = buffer } else { inbound?.writeImmutableBuffer(buffer) }
        buffer.moveReaderIndex(to: buffer.writerIndex)
        guard var all = inbound else { return false }
        var end = HeadEnd()
        guard case .complete(let length) = all.withUnsafeReadableBytes({ end.find(in: $0) }) else { return false }
        inbound = nil
        let headers = all.withUnsafeReadableBytes { raw -> HPACKHeaders? in
            let head = UnsafeRawBufferPointer(rebasing: raw[..<length])
            guard scratch.scan(head, answersHead: answersHead, maxHeaders: .max) else { return nil }
            return Self.headers(scratch, head)
        }
        guard let headers, scratch.status != 101 else {
            state = .ended
            emit(.broken)
            return false
        }
        all.moveReaderIndex(forwardBy: length)
        buffer = all
        guard scratch.status >= 200 else {
            emit(.interim(headers))
            return true
        }
        switch scratch.framing {
        case .none: state = .ended
        case .length(let bytes): state = .length(Int(bytes))
        case .chunked: state = .chunked(ChunkedBody())
        case .untilClose: state = .untilClose
        }
        emit(.head(headers, ends: scratch.framing == .none))
        return true
    }

    private mutating func takeChunks(_ body: inout ChunkedBody, _ buffer: inout ByteBuffer, _ emit: (Part) -> Void) {
        // One behind, so that the last piece can say that it is the last.
        var last: ByteBuffer?
        while true {
            switch body.next(&buffer) {
            case .data(let data):
                if let last { emit(.data(last, ends: false)) }
                last = data
            case .more:
                if let last { emit(.data(last, ends: false)) }
                state = .chunked(body)
                return
            case .end(let trailers):
                state = .ended
                if let last { emit(.data(last, ends: trailers == nil)) }
                if let trailers {
                    emit(.trailers(trailers))
                } else if last == nil {
                    emit(.data(ByteBuffer(), ends: true))
                }
                return
            case .malformed:
                state = .ended
                return emit(.broken)
            }
        }
    }

    private static func headers(_ head: ResponseHead, _ raw: UnsafeRawBufferPointer) -> HPACKHeaders {
        var headers = HPACKHeaders()
        headers.reserveCapacity(head.fields.count + 1)
        headers.add(name: ":status", value: String(head.status))
        for field in head.fields {
            switch field.kind {
            case .connection, .hopByHop, .upgrade, .transferEncoding: continue
            case .setCookie, .location:
                // In nobody's table of what was said before: secrets are not to be guessed by what is shorter
                // (RFC 7541 section 7.1).
                headers.add(name: raw.lowered(field.name), value: raw.said(field.value), indexing: .neverIndexed)
            case .contentLength:
                // Different each time: it would only push others out of the table.
                headers.add(name: raw.lowered(field.name), value: raw.said(field.value), indexing: .nonIndexable)
            default: headers.add(name: raw.lowered(field.name), value: raw.said(field.value))
            }
        }
        return headers
    }
}

extension UnsafeRawBufferPointer {
    /// A field's value. The codec takes text: bytes that are no UTF-8 are taken for ISO 8859-1, as HTTP once had it, and reach
    /// the browser as the same characters.
    func said(_ range: Range<Int>) -> String {
        let bytes = self[range]
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }

    /// A field's name as HTTP/2 wants it.
    func lowered(_ range: Range<Int>) -> String {
        String(unsafeUninitializedCapacity: range.count) { place in
            for (index, byte) in self[range].enumerated() { place[index] = ByteClasses.lowered(byte) }
            return range.count
        }
    }
}
