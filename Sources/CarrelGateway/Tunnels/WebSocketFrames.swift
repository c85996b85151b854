/// Follows one direction of a WebSocket (RFC 6455 section 5.2) by its frame headers; payloads are counted, not read.
struct WebSocketFrames {
    static let goingAway: UInt16 = 1001
    static let policyViolation: UInt16 = 1008

    // Of sixteen bytes: every tunnel has two of these.
    private var payload: UInt64 = 0
    private var first: UInt8 = 0
    private var headerBytes: UInt8 = 0
    private var headerLength: UInt8 = 2
    private var lengthBytes: UInt8 = 0

    /// Whether the next byte begins a frame: only there may another frame be put in.
    private(set) var isAtBoundary = true

    /// Returns whether a data frame (text, binary or one that continues them) began in these bytes.
    mutating func consume(_ raw: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        var hasData = false
        while index < raw.count {
            if headerBytes == headerLength {
                let taken = min(UInt64(raw.count - index), payload)
                payload -= taken
                index += Int(taken)
            } else {
                takeHeader(raw[index])
                index += 1
                if headerBytes == 1, first & 0x0F <= 2 { hasData = true }
            }
            if headerBytes == headerLength, payload == 0 {
                headerBytes = 0
                headerLength = 2
                isAtBoundary = true
            } else {
                isAtBoundary = false
            }
        }
        return hasData
    }

    private mutating func takeHeader(_ byte: UInt8) {
        switch headerBytes {
        case 0: first = byte
        case 1:
            let length = byte & 0x7F
            payload = length < 126 ? UInt64(length) : 0
            lengthBytes = length == 126 ? 2 : length == 127 ? 8 : 0
            headerLength = 2 + lengthBytes + (byte & 0x80 != 0 ? 4 : 0)
        case 2..<(2 + lengthBytes): payload = payload << 8 | UInt64(byte)
        default: break
        }
        headerBytes += 1
    }

    /// A close frame from the server, unmasked.
    static func close(_ code: UInt16) -> [UInt8] { [0x88, 0x02, UInt8(code >> 8), UInt8(code & 0xFF)] }
}
