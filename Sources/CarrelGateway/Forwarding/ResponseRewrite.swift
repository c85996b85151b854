import NIOCore

/// The head that the client gets, made from the upstream's.
struct ResponseRewrite {
    /// Nil: from the hub, whose cookies and redirects are its own.
    let mount: RoutePlan.Mount?
    let reservedCookies: [[UInt8]]
    /// What the browser asked for; empty where no redirect can need it.
    let host: String
    /// What the client is told of its connection.
    let connection: Connection
    /// How the body will be framed for the client.
    var reframing = Exchange.Reframing.none

    enum Connection { case silent, close, keepAlive, upgrade }

    func write(_ head: ResponseHead, _ raw: UnsafeRawBufferPointer, into out: inout ByteBuffer) {
        out.writeStaticString("HTTP/1.1")
        out.writeBytes(raw[8..<head.fieldsStart])
        var run = head.fieldsStart
        for field in head.fields {
            if passes(field, head, raw) { continue }
            out.writeBytes(raw[run..<Int(field.start)])
            run = Int(field.end)
            guard let mount else { continue }
            if field.kind == .setCookie {
                write(
                    field,
                    raw,
                    CookieConfinement.confined(raw.text(field.value), to: mount, reserved: reservedCookies),
                    &out
                )
            } else if field.kind == .location {
                write(field, raw, LocationRewrite.placed(raw.text(field.value), below: mount, host: host), &out)
            } else if field.kind == .serviceWorkerAllowed {
                // A worker of the whole origin would sit before the hub's own pages, sign-in included, for whoever
                // uses this browser next.
                write(field, raw, String(decoding: mount.prefix, as: UTF8.self) + "/", &out)
            }
        }
        if let last = head.fields.last { out.writeBytes(raw[run..<Int(last.end)]) }
        if reframing == .intoChunks { out.writeStaticString("Transfer-Encoding: chunked\r\n") }
        switch connection {
        case .silent: break
        case .close: out.writeStaticString("Connection: close\r\n")
        case .keepAlive: out.writeStaticString("Connection: keep-alive\r\n")
        case .upgrade: out.writeStaticString("Connection: Upgrade\r\n")
        }
        out.writeStaticString("\r\n")
    }

    private func write(
        _ field: HeaderField,
        _ raw: UnsafeRawBufferPointer,
        _ value: String?,
        _ out: inout ByteBuffer
    ) {
        guard let value else { return }
        out.writeBytes(raw[Int(field.start)..<Int(field.valueStart)])
        out.writeString(value)
        out.writeStaticString("\r\n")
    }

    private func passes(_ field: HeaderField, _ head: ResponseHead, _ raw: UnsafeRawBufferPointer) -> Bool {
        switch field.kind {
        case .connection, .hopByHop: return false
        case .upgrade: return connection == .upgrade
        // No body can follow 1xx and 204: what says that one does is not passed on (RFC 9110 section 8.6).
        case .contentLength: return head.status >= 200 && head.status != 204
        case .transferEncoding: return reframing != .outOfChunks
        case .setCookie, .serviceWorkerAllowed, .originWide: return mount == nil
        case .location: return mount?.strips != true
        default: break
        }
        return !head.connectionNames.contains { name in
            name.count == field.name.count
                && zip(raw[name], raw[field.name]).allSatisfy { ByteClasses.lowered($0) == ByteClasses.lowered($1) }
        }
    }
}
