/// A request's head as positions in its bytes, scanned without making an object of any part.
///
/// One of these is reused for all heads of an event loop: between `scan` and the use of what it found, nothing else
/// may scan.
final class RequestHead {
    enum Method: UInt8 { case get, head, options, post, put, delete, other, refused }

    /// Why a head is not acted on. The connection closes after the answer.
    enum Refusal: Error, Equatable {
        case malformed, ambiguousFraming, badTarget, badHost, tooManyHeaders, version, method, expectation

        var status: Int {
            switch self {
            case .malformed, .ambiguousFraming, .badTarget, .badHost: 400
            case .tooManyHeaders: 431
            case .version: 505
            case .method: 405
            case .expectation: 417
            }
        }
    }

    private(set) var fields: ContiguousArray<HeaderField> = []
    private(set) var method = Method.other
    private(set) var methodEnd = 0
    /// The target in origin-form: of an absolute one, what follows the authority. Empty: the path is `/`.
    private(set) var target = 0..<0
    /// The part of the target before `?`.
    private(set) var path = 0..<0
    private(set) var minorVersion: UInt8 = 1
    private(set) var framing = BodyFraming.none
    private(set) var host = 0..<0
    private(set) var origin: Range<Int>?
    /// The token of `Upgrade`, if `Connection` names it too.
    private(set) var upgrade: Range<Int>?
    private(set) var keepsAlive = true
    private(set) var expectsContinue = false
    private(set) var acceptsHTML = false
    /// `Sec-Fetch-Site` is there and neither `same-origin` nor `none`.
    private(set) var isCrossSite = false
    /// `Sec-Fetch-Mode`: nil if absent, else whether it is `navigate`.
    private(set) var navigates: Bool?
    /// `Sec-Fetch-Dest` is there and not `document`: a frame, an image, a script, …
    private(set) var isEmbedded = false
    private(set) var hasCookie = false
    private(set) var hasAuthorization = false
    /// Further header names that `Connection` names: dropped with it.
    private(set) var connectionNames: [Range<Int>] = []

    private var authority: Range<Int>?
    private var connectionCloses = false
    private var connectionKeeps = false
    private var connectionUpgrades = false

    init() { fields.reserveCapacity(64) }

    /// `raw` is one whole head with its empty line.
    func scan(_ raw: UnsafeRawBufferPointer, maxHeaders: Int) throws(Refusal) {
        reset()
        var index = try scanRequestLine(raw)
        // Taken out and put back: appending to a property looks at the object anew each time.
        var fields = fields
        self.fields = []
        defer { self.fields = fields }
        var decision = FramingDecision()
        var upgradeValue: Range<Int>?
        while raw[index] != ByteClasses.carriageReturn {
            guard let field = HeaderField.scan(raw, at: index) else { throw .malformed }
            guard fields.count < maxHeaders else { throw .tooManyHeaders }
            fields.append(field)
            index = Int(field.end)
            switch field.kind {
            case .contentLength:
                guard decision.addContentLength(raw, field) else { throw .ambiguousFraming }
            case .transferEncoding:
                guard decision.addTransferEncoding(raw, field) else { throw .ambiguousFraming }
            case .upgrade:
                guard upgradeValue == nil else { throw .malformed }
                upgradeValue = field.value
            default: try note(field, raw)
            }
        }
        // A CR that does not end the head would have been a bare one.
        guard index + 2 == raw.count else { throw .malformed }
        guard !host.isEmpty else { throw .badHost }
        if let authority, !isSameHost(raw, authority) { throw .badHost }
        guard let framing = decision.ofRequest(minorVersion: minorVersion) else { throw .ambiguousFraming }
        self.framing = framing
        keepsAlive = !connectionCloses && (minorVersion == 1 || connectionKeeps)
        // A protocol switched to behind a body, or clear-text HTTP/2 that would carry heads past every rule here, is
        // not offered on: the server answers in HTTP/1.1 then.
        if let upgradeValue, connectionUpgrades, minorVersion == 1, framing == .none, !upgradeValue.isEmpty,
            !contains(raw, upgradeValue, "h2")
        {
            upgrade = upgradeValue
        }
    }

    private func reset() {
        fields.removeAll(keepingCapacity: true)
        if !connectionNames.isEmpty { connectionNames.removeAll() }
        host = 0..<0
        origin = nil
        upgrade = nil
        authority = nil
        navigates = nil
        isEmbedded = false
        (expectsContinue, acceptsHTML, isCrossSite, hasCookie, hasAuthorization) = (false, false, false, false, false)
        (connectionCloses, connectionKeeps, connectionUpgrades) = (false, false, false)
    }

    private func note(_ field: HeaderField, _ raw: UnsafeRawBufferPointer) throws(Refusal) {
        let value = field.value
        switch field.kind {
        case .host:
            guard host.isEmpty, HostName.isSound(raw, value) else { throw .badHost }
            host = value
        case .connection: try noteConnection(value, raw)
        case .expect:
            guard raw.equals(value, "100-continue") else { throw .expectation }
            expectsContinue = true
        case .cookie: hasCookie = true
        case .authorization:
            guard !hasAuthorization else { throw .malformed }
            hasAuthorization = true
        case .origin:
            guard origin == nil else { throw .malformed }
            origin = value
        case .secFetchSite:
            if !raw.equals(value, "same-origin"), !raw.equals(value, "none") { isCrossSite = true }
        case .secFetchDest: isEmbedded = !raw.equals(value, "document")
        case .secFetchMode: navigates = raw.equals(value, "navigate")
        case .accept: acceptsHTML = acceptsHTML || contains(raw, value, "text/html")
        default: break
        }
    }

    private func noteConnection(_ value: Range<Int>, _ raw: UnsafeRawBufferPointer) throws(Refusal) {
        var isRefused = false
        raw.forEachElement(of: value, separator: ByteClasses.comma) { name in
            if name.isEmpty { return true }
            if raw.equals(name, "keep-alive") {
                connectionKeeps = true
            } else if raw.equals(name, "close") {
                connectionCloses = true
            } else if raw.equals(name, "upgrade") {
                connectionUpgrades = true
            } else if HeaderKind.of(raw, name).mayNotBeNamedByConnection || connectionNames.count == 16 {
                isRefused = true
            } else {
                connectionNames.append(name)
            }
            return !isRefused
        }
        if isRefused { throw .malformed }
    }

    /// Whether any element of a list begins with `literal`.
    private func contains(_ raw: UnsafeRawBufferPointer, _ value: Range<Int>, _ literal: StaticString) -> Bool {
        var found = false
        raw.forEachElement(of: value, separator: ByteClasses.comma) { element in
            found = raw.hasPrefix(element, literal)
            return !found
        }
        return found
    }

    private func isSameHost(_ raw: UnsafeRawBufferPointer, _ other: Range<Int>) -> Bool {
        other.count == host.count
            && zip(raw[other], raw[host]).allSatisfy { ByteClasses.lowered($0) == ByteClasses.lowered($1) }
    }
}

// MARK: - The request line (RFC 9112 section 3)

extension RequestHead {
    /// Returns where the first header line begins.
    private func scanRequestLine(_ raw: UnsafeRawBufferPointer) throws(Refusal) -> Int {
        var index = 0
        while index < raw.count, ByteClasses.isToken(raw[index]) { index += 1 }
        guard index > 0, index <= 32, index < raw.count, raw[index] == ByteClasses.space else { throw .malformed }
        methodEnd = index
        method = Self.method(raw, 0..<index)
        let start = index + 1
        index = start
        while index < raw.count, raw[index] &- 0x21 < 0x5E { index += 1 }
        let end = index
        guard end > start, end + 11 <= raw.count, raw[end] == ByteClasses.space else { throw .malformed }
        guard raw.isExactly((end + 1)..<(end + 6), "HTTP/") else { throw .malformed }
        guard ByteClasses.isDigit(raw[end + 6]), raw[end + 7] == UInt8(ascii: "."), ByteClasses.isDigit(raw[end + 8]),
            raw[end + 9] == ByteClasses.carriageReturn, raw[end + 10] == ByteClasses.lineFeed
        else { throw .malformed }
        minorVersion = raw[end + 8] & 15
        guard raw[end + 6] == UInt8(ascii: "1"), minorVersion <= 1 else { throw .version }
        guard method != .refused else { throw .method }
        try scanTarget(raw, start..<end)
        return end + 11
    }

    private static func method(_ raw: UnsafeRawBufferPointer, _ range: Range<Int>) -> Method {
        func isExactly(_ name: StaticString) -> Bool { raw.isExactly(range, name) }
        switch range.count {
        case 3: return isExactly("GET") ? .get : isExactly("PUT") ? .put : .other
        case 4: return isExactly("POST") ? .post : isExactly("HEAD") ? .head : .other
        case 5: return raw.equals(range, "trace") ? .refused : .other
        case 6: return isExactly("DELETE") ? .delete : .other
        case 7: return isExactly("OPTIONS") ? .options : raw.equals(range, "connect") ? .refused : .other
        default: return .other
        }
    }

    /// Origin-form, or absolute-form of which the rest is taken. `*` and an authority lead nowhere here.
    private func scanTarget(_ raw: UnsafeRawBufferPointer, _ whole: Range<Int>) throws(Refusal) {
        var start = whole.lowerBound
        if raw[start] != ByteClasses.slash {
            if raw.hasPrefix(whole, "http://") {
                start += 7
            } else if raw.hasPrefix(whole, "https://") {
                start += 8
            } else {
                throw .badTarget
            }
            let name = start
            while start < whole.upperBound, ByteClasses.isHost(raw[start]) { start += 1 }
            guard start > name else { throw .badTarget }
            guard start == whole.upperBound || raw[start] == ByteClasses.slash || raw[start] == ByteClasses.question
            else { throw .badTarget }
            authority = name..<start
        }
        target = start..<whole.upperBound
        var end = start
        while end < whole.upperBound, raw[end] != ByteClasses.question {
            // A browser never sends a backslash in a path; some servers read one as a slash.
            guard raw[end] != UInt8(ascii: "\\") else { throw .badTarget }
            end += 1
        }
        path = start..<end
        guard raw.first(UInt8(ascii: "#"), in: target) == nil else { throw .badTarget }
    }
}
