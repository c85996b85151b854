import CarrelCore

/// The head that a workspace or the hub gets, made from the client's: what must not pass is left out, what only the
/// gateway may say is added. Lines that stay are copied as they are, in runs.
struct RequestRewrite {
    let listener: ListenerPlan
    let peer: ClientPeer
    let requestID: RequestID
    /// Nil, as the mount: to the hub.
    let plan: RoutePlan?
    let mount: RoutePlan.Mount?
    /// To the hub: on which name it is asked.
    var name = HubName.own
    /// To a service: who comes.
    var visitor: UserID?

    func write(_ head: RequestHead, _ raw: UnsafeRawBufferPointer, into out: HeadText) {
        out.removeAll()
        writeRequestLine(head, raw, into: out)
        let fields = head.fields
        // Most lines are of no kind that matters here.
        let passesOthers = head.connectionNames.isEmpty && plan?.replacedHeaders.isEmpty != false
        var run = fields.first.map { Int($0.start) } ?? 0
        for field in fields {
            if field.kind == .other && passesOthers || passes(field, head, raw) { continue }
            out.append(raw, run..<Int(field.start))
            run = Int(field.end)
            if field.kind == .cookie, let plan, !replaces(raw, field.name, plan) {
                CookieFilter.write(raw, field, without: listener.hubCookies, into: out)
            }
        }
        if let last = fields.last { out.append(raw, run..<Int(last.end)) }
        writeAdditions(head, raw, into: out)
        out.append("\r\n")
    }

    private func writeRequestLine(_ head: RequestHead, _ raw: UnsafeRawBufferPointer, into out: HeadText) {
        out.append(raw, 0..<(head.methodEnd + 1))
        var target = head.target
        if let mount, mount.strips {
            target = (target.lowerBound + mount.prefix.count)..<target.upperBound
        }
        if target.isEmpty || raw[target.lowerBound] != ByteClasses.slash { out.append(ByteClasses.slash) }
        out.append(raw, target)
        out.append(head.minorVersion == 1 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n")
    }

    private func passes(_ field: HeaderField, _ head: RequestHead, _ raw: UnsafeRawBufferPointer) -> Bool {
        switch field.kind {
        case .connection, .hopByHop, .upgrade, .carrel: return false
        case .forwarding, .forwardedFor, .forwardedProto, .forwardedHost: return false
        default: break
        }
        if !head.connectionNames.isEmpty, isNamed(field, head, raw) { return false }
        guard let plan else { return true }
        switch field.kind {
        case .csrf: return false
        case .cookie where CookieFilter.hasAny(of: listener.hubCookies, raw, field.value): return false
        case .authorization where CredentialScan.carrelToken(raw, field.value) != nil: return false
        default: return plan.replacedHeaders.isEmpty || !replaces(raw, field.name, plan)
        }
    }

    private func isNamed(_ field: HeaderField, _ head: RequestHead, _ raw: UnsafeRawBufferPointer) -> Bool {
        head.connectionNames.contains { name in
            name.count == field.name.count
                && zip(raw[name], raw[field.name]).allSatisfy { ByteClasses.lowered($0) == ByteClasses.lowered($1) }
        }
    }

    private func replaces(_ raw: UnsafeRawBufferPointer, _ name: Range<Int>, _ plan: RoutePlan) -> Bool {
        plan.replacedHeaders.contains { raw.equals(name, lowered: $0) }
    }

    private func writeAdditions(_ head: RequestHead, _ raw: UnsafeRawBufferPointer, into out: HeadText) {
        if let upgrade = head.upgrade {
            out.append("Connection: Upgrade\r\nUpgrade: ")
            out.append(raw, upgrade)
            out.append("\r\n")
        } else if head.minorVersion == 0 {
            out.append("Connection: close\r\n")
        }
        if peer.isTrusted {
            let client = ForwardedFor(head, raw, peer: peer, listener: listener)
            out.append(text: "X-Forwarded-For: \(client.address)\r\nX-Forwarded-Proto: \(client.scheme)\r\n")
            out.append(text: "X-Forwarded-Host: \(client.host)\r\n")
        } else {
            out.append("X-Forwarded-For: ")
            out.append(text: peer.address)
            out.append("\r\nX-Forwarded-Proto: ")
            out.append(text: listener.scheme)
            out.append("\r\nX-Forwarded-Host: ")
            out.append(raw, head.host)
            out.append("\r\n")
        }
        out.append("X-Carrel-Request-Id: ")
        requestID.write(into: out)
        out.append("\r\n")
        if let mount { out.append(mount.headerLines) }
        if let visitor {
            out.append("X-Carrel-User: ")
            out.append(text: visitor.description)
            out.append("\r\n")
        }
        switch name {
        case .own: break
        case .workspaces: out.append("X-Carrel-Workspace: none\r\n")
        case .workspace(let id):
            out.append("X-Carrel-Workspace: ")
            out.append(raw, id)
            out.append("\r\n")
        case .service(let name):
            out.append("X-Carrel-Service: ")
            out.append(raw, name)
            out.append("\r\n")
        }
    }
}

/// On which of carrel's names the hub is asked for something.
enum HubName {
    case own
    /// On the workspaces' name, but in none of them.
    case workspaces
    /// In a workspace that this gateway does not lead to: its id stands there.
    case workspace(Range<Int>)
    /// In a service that this gateway does not lead to, or that is not there: its name stands there.
    case service(Range<Int>)
}

/// Names one request in logs, pages and towards workspaces. Unique, not secret.
struct RequestID {
    /// Of this event loop in this run of the gateway.
    let prefix: [UInt8]
    let number: UInt64

    func write(into out: HeadText) {
        out.append(prefix)
        var shift = UInt64(max(0, (number.bitWidth - number.leadingZeroBitCount - 1) / 4 * 4))
        while true {
            let digit = UInt8(truncatingIfNeeded: (number >> shift) & 15)
            out.append(digit < 10 ? 48 + digit : 87 + digit)
            if shift == 0 { return }
            shift -= 4
        }
    }

    var text: String { String(decoding: prefix, as: UTF8.self) + String(number, radix: 16) }
}
