/// The head that the client gets, made from the upstream's.
struct ResponseRewrite {
    /// Nil: from the hub, whose cookies and redirects are its own.
    let mount: RoutePlan.Mount?
    let reservedCookies: HiddenCookies
    /// What the browser asked for; empty where no redirect can need it.
    let host: String
    /// What the client is told of its connection.
    let connection: Connection
    /// Lines that every final response gets.
    var added: [UInt8] = []
    /// How the body will be framed for the client.
    var reframing = Exchange.Reframing.none

    enum Connection { case silent, close, keepAlive, upgrade }

    func write(_ head: ResponseHead, _ raw: UnsafeRawBufferPointer, into out: HeadText) {
        out.removeAll()
        out.append("HTTP/1.1")
        out.append(raw, 8..<head.fieldsStart)
        let fields = head.fields
        let passesOthers = head.connectionNames.isEmpty
        var run = head.fieldsStart
        for field in fields {
            if field.kind == .other && passesOthers || passes(field, head, raw) { continue }
            out.append(raw, run..<Int(field.start))
            run = Int(field.end)
            guard let mount else { continue }
            if field.kind == .setCookie {
                write(
                    field,
                    raw,
                    CookieConfinement.confined(raw.text(field.value), to: mount, reserved: reservedCookies),
                    out
                )
            } else if field.kind == .location {
                write(field, raw, LocationRewrite.placed(raw.text(field.value), below: mount, host: host), out)
            } else if field.kind == .serviceWorkerAllowed {
                // A worker of the whole origin would sit before the hub's own pages, sign-in included, for whoever
                // uses this browser next.
                write(field, raw, String(decoding: mount.prefix, as: UTF8.self) + "/", out)
            }
        }
        if let last = fields.last { out.append(raw, run..<Int(last.end)) }
        if reframing == .intoChunks { out.append("Transfer-Encoding: chunked\r\n") }
        switch connection {
        case .silent: break
        case .close: out.append("Connection: close\r\n")
        case .keepAlive: out.append("Connection: keep-alive\r\n")
        case .upgrade: out.append("Connection: Upgrade\r\n")
        }
        if !added.isEmpty, head.status >= 200 { out.append(added) }
        out.append("\r\n")
    }

    private func write(
        _ field: HeaderField,
        _ raw: UnsafeRawBufferPointer,
        _ value: String?,
        _ out: HeadText
    ) {
        guard let value else { return }
        out.append(raw, Int(field.start)..<Int(field.valueStart))
        out.append(text: value)
        out.append("\r\n")
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
