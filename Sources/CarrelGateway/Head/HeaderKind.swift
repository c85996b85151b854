/// The header fields that the gateway acts on; everything else passes as it is.
enum HeaderKind: UInt8 {
    case other
    case host, contentLength, transferEncoding, connection, upgrade, expect
    /// Meant for one connection only, or for a proxy (RFC 9110 section 7.6.1); also `Proxy`, which CGI mistakes for
    /// its own setting.
    case hopByHop
    case cookie, authorization, origin, secFetchSite, secFetchMode, secFetchDest, accept
    /// Who asked, as told by proxies: `Forwarded`, `X-Forwarded-*`, `X-Real-IP`.
    case forwarding, forwardedFor, forwardedProto, forwardedHost
    /// `X-Carrel-CSRF`: a page of the hub's sends it back to the hub.
    case csrf
    /// Any other `X-Carrel-*`.
    case carrel
    case location, setCookie
    /// `Service-Worker-Allowed`: how much of the origin a script may take charge of.
    case serviceWorkerAllowed
    /// What a browser keeps or does for the whole origin, whoever on it said so: `Clear-Site-Data`, `Alt-Svc`,
    /// `Strict-Transport-Security`, `NEL`, `Report-To`.
    case originWide

    /// Names written with `_` for `-` count as forwarding and Carrel's own too: CGI and WSGI can't tell them apart. So
    /// `Content_Length` and `Transfer_Encoding` frame nothing, and go no further.
    static func of(_ raw: UnsafeRawBufferPointer, _ name: Range<Int>) -> HeaderKind {
        let first = ByteClasses.lowered(raw[name.lowerBound])
        if first == UInt8(ascii: "x") { return ofExtension(raw, name) }
        switch name.count {
        case 2: return raw.equals(name, "te") ? .hopByHop : .other
        case 3: return raw.equals(name, "nel") ? .originWide : .other
        case 4: return raw.equals(name, "host") ? .host : .other
        case 5: return raw.equals(name, "proxy") ? .hopByHop : .other
        case 6:
            if raw.equals(name, "cookie") { return .cookie }
            if raw.equals(name, "accept") { return .accept }
            if raw.equals(name, "origin") { return .origin }
            return raw.equals(name, "expect") ? .expect : .other
        case 7:
            if raw.equals(name, "upgrade") { return .upgrade }
            return raw.equals(name, "alt-svc") ? .originWide : .other
        case 8: return raw.equals(name, "location") ? .location : .other
        case 9:
            if raw.equals(name, "forwarded") { return .forwarding }
            return raw.equals(name, "report-to") ? .originWide : .other
        case 10:
            if raw.equals(name, "connection") { return .connection }
            if raw.equals(name, "set-cookie") { return .setCookie }
            return raw.equals(name, "keep-alive") ? .hopByHop : .other
        case 13: return raw.equals(name, "authorization") ? .authorization : .other
        case 14:
            if raw.equals(name, "content-length") { return .contentLength }
            if raw.equals(name, "http2-settings") { return .hopByHop }
            if raw.equals(name, "sec-fetch-site") { return .secFetchSite }
            if raw.equals(name, "sec-fetch-mode") { return .secFetchMode }
            if raw.equals(name, "sec-fetch-dest") { return .secFetchDest }
            return equals(raw, name, "content-length") ? .hopByHop : .other
        case 15: return raw.equals(name, "clear-site-data") ? .originWide : .other
        case 16: return raw.equals(name, "proxy-connection") ? .hopByHop : .other
        case 17:
            if raw.equals(name, "transfer-encoding") { return .transferEncoding }
            return equals(raw, name, "transfer-encoding") ? .hopByHop : .other
        case 18: return raw.equals(name, "proxy-authenticate") ? .hopByHop : .other
        case 19: return raw.equals(name, "proxy-authorization") ? .hopByHop : .other
        case 22: return raw.equals(name, "service-worker-allowed") ? .serviceWorkerAllowed : .other
        case 25: return raw.equals(name, "strict-transport-security") ? .originWide : .other
        default: return .other
        }
    }

    private static func ofExtension(_ raw: UnsafeRawBufferPointer, _ name: Range<Int>) -> HeaderKind {
        if equals(raw, name, "x-real-ip") { return .forwarding }
        if raw.equals(name, "x-carrel-csrf") { return .csrf }
        if hasPrefix(raw, name, "x-carrel-") { return .carrel }
        guard hasPrefix(raw, name, "x-forwarded") else { return .other }
        if raw.equals(name, "x-forwarded-for") { return .forwardedFor }
        if raw.equals(name, "x-forwarded-proto") { return .forwardedProto }
        if raw.equals(name, "x-forwarded-host") { return .forwardedHost }
        return .forwarding
    }

    private static func equals(_ raw: UnsafeRawBufferPointer, _ name: Range<Int>, _ literal: StaticString) -> Bool {
        name.count == literal.utf8CodeUnitCount && hasPrefix(raw, name, literal)
    }

    private static func hasPrefix(_ raw: UnsafeRawBufferPointer, _ name: Range<Int>, _ literal: StaticString) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard name.count >= count else { return false }
        for index in 0..<count {
            let byte = raw[name.lowerBound + index]
            let same = byte == UInt8(ascii: "_") ? UInt8(ascii: "-") : ByteClasses.lowered(byte)
            if same != literal.utf8Start[index] { return false }
        }
        return true
    }

    /// Whether dropping it because `Connection` names it would change what the message means or who sends it.
    var mayNotBeNamedByConnection: Bool {
        switch self {
        case .host, .contentLength, .transferEncoding, .cookie, .authorization, .origin, .secFetchSite, .expect: true
        default: false
        }
    }

    /// Whether it may come after a body: nothing that frames, routes or proves anything may.
    var mayBeTrailer: Bool { self == .other }
}
