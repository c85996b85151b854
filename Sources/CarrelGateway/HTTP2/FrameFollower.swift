/// Follows the frames that a client sends (RFC 9113 section 4.1) by their headers; payloads are counted, not read.
struct FrameFollower {
    struct Frame: Equatable {
        var type: UInt8
        var flags: UInt8
        /// Of the payload, in bytes.
        var length: Int

        static let data: UInt8 = 0
        static let headers: UInt8 = 1
        static let continuation: UInt8 = 9
        static let endHeaders: UInt8 = 4
    }

    /// `PRI * HTTP/2.0 CR LF CR LF SM CR LF CR LF`
    static let prefaceLength = 24

    private var left = Self.prefaceLength
    private var header: (UInt64, count: Int) = (0, 0)
    /// Whether a block of headers has begun and not ended.
    private(set) var isInsideHeaders = false
    private var endsHeaders = false

    /// Calls `note` for each frame whose header is complete.
    mutating func consume(_ raw: UnsafeRawBufferPointer, _ note: (Frame) -> Void) {
        var index = 0
        while index < raw.count {
            if left > 0 {
                let taken = min(left, raw.count - index)
                left -= taken
                index += taken
            } else {
                // The ninth byte is the stream's last; what is shifted out is of no use here.
                header.count += 1
                if header.count <= 5 { header.0 = header.0 << 8 | UInt64(raw[index]) }
                index += 1
                if header.count == 9 { begin(note) }
            }
            if left == 0, header.count == 0, endsHeaders {
                isInsideHeaders = false
                endsHeaders = false
            }
        }
    }

    private mutating func begin(_ note: (Frame) -> Void) {
        let frame = Frame(
            type: UInt8(truncatingIfNeeded: header.0 >> 8),
            flags: UInt8(truncatingIfNeeded: header.0),
            length: Int(header.0 >> 16)
        )
        header = (0, 0)
        left = frame.length
        if frame.type == Frame.headers || frame.type == Frame.continuation {
            isInsideHeaders = true
            endsHeaders = frame.flags & Frame.endHeaders != 0
        }
        note(frame)
    }
}
