/// How long a message's body is (RFC 9112 section 6), decided once from its head.
enum BodyFraming: Equatable {
    case none
    case length(Int64)
    case chunked
    /// Responses only: everything until the connection ends.
    case untilClose
}

/// What a head says about its body. Anything that two readers could read differently is refused.
struct FramingDecision {
    private var length: Int64?
    private var isChunked = false

    /// False if the length is signed, empty, a list, too long for 18 digits, or given twice, even if twice the same.
    mutating func addContentLength(_ raw: UnsafeRawBufferPointer, _ field: HeaderField) -> Bool {
        let value = field.value
        guard length == nil, !field.hasTabs(raw), !value.isEmpty, value.count <= 18 else { return false }
        var number: Int64 = 0
        for byte in raw[value] {
            guard ByteClasses.isDigit(byte) else { return false }
            number = number * 10 + Int64(byte & 15)
        }
        length = number
        return true
    }

    /// False unless it is `chunked` alone, and given once.
    mutating func addTransferEncoding(_ raw: UnsafeRawBufferPointer, _ field: HeaderField) -> Bool {
        guard !isChunked, !field.hasTabs(raw), raw.equals(field.value, "chunked") else { return false }
        isChunked = true
        return true
    }

    /// Nil if it is ambiguous. HTTP/1.0 knows no transfer codings: a peer of that version would read on as it likes.
    func ofRequest(minorVersion: UInt8) -> BodyFraming? {
        if isChunked { return length == nil && minorVersion == 1 ? .chunked : nil }
        guard let length, length > 0 else { return BodyFraming.none }
        return .length(length)
    }

    /// Nil if it is ambiguous. Interim responses and 204 have no body and must not say that they had one (RFC 9110
    /// section 8.6, RFC 9112 section 6.1): a reader that believed them would take the next response for it.
    func ofResponse(status: Int, answersHead: Bool, minorVersion: UInt8) -> BodyFraming? {
        if isChunked, length != nil || minorVersion == 0 || status < 200 || status == 204 { return nil }
        if status < 200, length != nil, status != 101 { return nil }
        if answersHead || status < 200 || status == 204 || status == 304 { return BodyFraming.none }
        if isChunked { return .chunked }
        guard let length else { return .untilClose }
        return length > 0 ? .length(length) : BodyFraming.none
    }
}
