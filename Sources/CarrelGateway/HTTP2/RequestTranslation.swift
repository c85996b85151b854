import NIOCore
import NIOHPACK

/// A request of HTTP/2 (RFC 9113 section 8.3) as the head of HTTP/1.1 that says the same, to be read by `RequestHead`
/// like every other one: sessions, routes, permissions and header rules are decided in one place.
struct RequestTranslation {
    enum Body: Equatable {
        case none
        /// Nobody said how long it will be.
        case chunked
        /// As long as `content-length` says; the frames are held to it by the connection.
        case length
    }

    /// RFC 9113 section 8.1.1: the stream is reset, nobody else hears of it.
    struct Malformed: Error, Equatable {}

    private(set) var head = ByteBuffer()
    private(set) var isHead = false
    private(set) var body = Body.none

    private let out: HeadText
    private var method = ""
    private var path = ""
    private var scheme = ""
    private var authority = ""
    private var host: String?
    private var cookie = ""
    private var hasLength = false
    private var wroteLine = false

    /// `endsStream`: no body follows. `out` is written into, and free again afterwards.
    init(_ headers: HPACKHeaders, endsStream: Bool, into out: HeadText = HeadText()) throws(Malformed) {
        self.out = out
        out.removeAll()
        for (name, value, _) in headers {
            if name.utf8.first == ByteClasses.colon {
                try takePseudo(name, value)
            } else {
                try take(name, value)
            }
        }
        try writeLine()
        try writeHost()
        if !cookie.isEmpty {
            out.append("cookie: ")
            try write(value: cookie)
        }
        if !endsStream {
            body = hasLength ? .length : .chunked
            if !hasLength { out.append("transfer-encoding: chunked\r\n") }
        } else if !hasLength, method == "POST" || method == "PUT" || method == "PATCH" {
            // RFC 9110 section 8.6: some servers ask for a length of those (411).
            out.append("content-length: 0\r\n")
        }
        out.append("\r\n")
        head = out.buffer()
    }

    private mutating func takePseudo(_ name: String, _ value: String) throws(Malformed) {
        guard !wroteLine, !value.isEmpty else { throw Malformed() }
        switch name {
        case ":method": try set(&method, value, where: ByteClasses.isToken)
        case ":path": try set(&path, value) { $0 > 0x20 && $0 < 0x7F }
        case ":scheme": try set(&scheme, value, where: ByteClasses.isToken)
        case ":authority": try set(&authority, value, where: ByteClasses.isHost)
        default: throw Malformed()
        }
    }

    private func set(_ field: inout String, _ value: String, where isAllowed: (UInt8) -> Bool) throws(Malformed) {
        guard field.isEmpty, value.utf8.allSatisfy(isAllowed) else { throw Malformed() }
        field = value
    }

    private mutating func take(_ name: String, _ value: String) throws(Malformed) {
        try writeLine()
        switch name {
        // Section 8.2.2: what is meant for one connection of HTTP/1.1.
        case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade": throw Malformed()
        case "te": guard value == "trailers" else { throw Malformed() }
        case "host":
            guard host == nil else { throw Malformed() }
            host = value
        case "cookie":
            // Section 8.2.3: its pieces are one field elsewhere.
            cookie = cookie.isEmpty ? value : cookie + "; " + value
        default:
            if name == "content-length" { hasLength = true }
            try write(name: name)
            out.append(": ")
            try write(value: value)
        }
    }

    private mutating func writeLine() throws(Malformed) {
        guard !wroteLine else { return }
        wroteLine = true
        guard !method.isEmpty else { throw Malformed() }
        isHead = method == "HEAD"
        if method == "CONNECT" {
            // Section 8.5: it has neither; with them it asks for a WebSocket (RFC 8441), which is not offered.
            guard path.isEmpty, scheme.isEmpty else { throw Malformed() }
            // Refused by its method, with the status that says so.
            (path, scheme) = ("/", "https")
        }
        guard scheme == "https" || scheme == "http" else { throw Malformed() }
        // In origin-form only: an absolute one would name another host than `:authority` does.
        guard path.utf8.first == ByteClasses.slash || (path == "*" && method == "OPTIONS") else { throw Malformed() }
        out.append(text: method)
        out.append(" ")
        out.append(text: path)
        out.append(" HTTP/1.1\r\n")
    }

    /// Section 8.3.1: `:authority` and `host` must not differ.
    private mutating func writeHost() throws(Malformed) {
        if let host, !authority.isEmpty, host.lowercased() != authority.lowercased() { throw Malformed() }
        let name = authority.isEmpty ? host ?? "" : authority
        guard !name.isEmpty else { throw Malformed() }
        out.append("host: ")
        try write(value: name)
    }

    /// Section 8.2.1: a token without capitals.
    private func write(name: String) throws(Malformed) {
        var name = name
        let isSound = name.withUTF8 { bytes in
            out.append(UnsafeRawBufferPointer(bytes))
            return !bytes.isEmpty && bytes.allSatisfy { ByteClasses.isToken($0) && $0 &- 65 >= 26 }
        }
        guard isSound else { throw Malformed() }
    }

    /// Section 8.2.1: never with what ends a line elsewhere. Searched as a whole, for values are most of a head.
    private func write(value: String) throws(Malformed) {
        var value = value
        let isSound = value.withUTF8 { bytes in
            let raw = UnsafeRawBufferPointer(bytes)
            let all = 0..<raw.count
            out.append(raw)
            // What has changed on its way is refused where the head is read, with a 400: no control byte gets through.
            if raw.hasReplacements { out.append(0x7F) }
            return raw.first(13, in: all) == nil && raw.first(10, in: all) == nil && raw.first(0, in: all) == nil
        }
        guard isSound else { throw Malformed() }
        out.append("\r\n")
    }

    /// The end of a chunked body, with what came after the data. Fields that may not be there are refused with the
    /// body as a whole, where it is read.
    static func end(of trailers: HPACKHeaders?) throws(Malformed) -> ByteBuffer {
        var end = ByteBuffer(string: "0\r\n")
        for (name, value, _) in trailers ?? [:] {
            guard name.utf8.first != ByteClasses.colon, !name.isEmpty,
                name.utf8.allSatisfy({ ByteClasses.isToken($0) && $0 &- 65 >= 26 }),
                value.utf8.allSatisfy({ $0 != 13 && $0 != 10 && $0 != 0 }), !value.hasReplacements
            else { throw Malformed() }
            end.writeString("\(name): \(value)\r\n")
        }
        end.writeStaticString("\r\n")
        return end
    }

    /// The line before a chunk's data.
    static func chunkSize(_ count: Int) -> String { String(count, radix: 16) + "\r\n" }
}
