/// A response's head as positions in its bytes. One is reused for all heads of an event loop, as with `RequestHead`.
final class ResponseHead {
    private(set) var fields: ContiguousArray<HeaderField> = []
    private(set) var status = 0
    private(set) var minorVersion: UInt8 = 1
    private(set) var framing = BodyFraming.none
    /// Whether the connection may carry another response after this one.
    private(set) var keepsAlive = true
    /// Where the first header line begins.
    private(set) var fieldsStart = 0
    private(set) var connectionNames: [Range<Int>] = []

    init() { fields.reserveCapacity(64) }

    /// `raw` is one whole head with its empty line. False if it is not one that could be passed on.
    func scan(_ raw: UnsafeRawBufferPointer, answersHead: Bool, maxHeaders: Int) -> Bool {
        fields.removeAll(keepingCapacity: true)
        if !connectionNames.isEmpty { connectionNames.removeAll() }
        guard var index = scanStatusLine(raw) else { return false }
        var fields = fields
        self.fields = []
        defer { self.fields = fields }
        fieldsStart = index
        var decision = FramingDecision()
        var (closes, keeps) = (false, false)
        while raw[index] != ByteClasses.carriageReturn {
            guard fields.count < maxHeaders, let field = HeaderField.scan(raw, at: index) else { return false }
            fields.append(field)
            index = Int(field.end)
            switch field.kind {
            case .contentLength: guard decision.addContentLength(raw, field) else { return false }
            case .transferEncoding: guard decision.addTransferEncoding(raw, field) else { return false }
            case .connection:
                raw.forEachElement(of: field.value, separator: ByteClasses.comma) { name in
                    if raw.equals(name, "close") {
                        closes = true
                    } else if raw.equals(name, "keep-alive") {
                        keeps = true
                    } else if !name.isEmpty, connectionNames.count < 16 {
                        let kind = HeaderKind.of(raw, name)
                        if kind != .contentLength, kind != .transferEncoding { connectionNames.append(name) }
                    }
                    return true
                }
            default: break
            }
        }
        guard index + 2 == raw.count else { return false }
        guard
            let framing = decision.ofResponse(status: status, answersHead: answersHead, minorVersion: minorVersion)
        else { return false }
        // HTTP/1.0 has no interim responses, and one that closes would come instead of the response.
        if status < 200, status != 101, closes || minorVersion == 0 { return false }
        self.framing = framing
        keepsAlive = !closes && (minorVersion == 1 || keeps) && framing != .untilClose
        return true
    }

    /// `HTTP/1.x SP 3DIGIT [SP reason]`; returns where the next line begins.
    private func scanStatusLine(_ raw: UnsafeRawBufferPointer) -> Int? {
        guard raw.count >= 16, raw.isExactly(0..<7, "HTTP/1."), raw[7] & 0xFE == 0x30,
            raw[8] == ByteClasses.space, ByteClasses.isDigit(raw[9]), ByteClasses.isDigit(raw[10]),
            ByteClasses.isDigit(raw[11])
        else { return nil }
        minorVersion = raw[7] & 15
        status = Int(raw[9] & 15) * 100 + Int(raw[10] & 15) * 10 + Int(raw[11] & 15)
        guard status >= 100, status < 600 else { return nil }
        var index = 12
        guard raw[index] == ByteClasses.space || raw[index] == ByteClasses.carriageReturn else { return nil }
        index = ByteClasses.endOfFieldContent(raw, from: index)
        guard index + 1 < raw.count, raw[index] == ByteClasses.carriageReturn, raw[index + 1] == ByteClasses.lineFeed
        else { return nil }
        return index + 2
    }
}
