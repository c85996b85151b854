import NIOCore

/// Keeps a workspace's `Set-Cookie` to the workspace's own path.
enum CookieConfinement {
    /// The header's value as the browser may have it; nil if it may not have it at all: a cookie of the session's or
    /// the hub's name, or without a name, whose value a browser would send back as `name=value`.
    static func confined(_ value: String, to mount: RoutePlan.Mount, reserved: HiddenCookies) -> String? {
        var parts = value.split(separator: ";", omittingEmptySubsequences: false).map(trimmed)
        let pair = parts.removeFirst()
        guard let equals = pair.firstIndex(of: "=") else { return nil }
        let name = trimmed(pair[..<equals])
        guard !name.isEmpty, !isReserved(name, reserved) else { return nil }
        var path: Substring?
        var kept: [Substring] = []
        for part in parts where !part.isEmpty {
            let end = part.firstIndex(of: "=") ?? part.endIndex
            switch trimmed(part[..<end]).lowercased() {
            case "domain": continue
            // Of several, browsers take the last.
            case "path": path = end == part.endIndex ? "" : trimmed(part[part.index(after: end)...])
            default: kept.append(part)
            }
        }
        let all = [pair] + kept + ["Path=\(Self.path(path, below: mount))"]
        return all.joined(separator: "; ")
    }

    private static func path(_ wanted: Substring?, below mount: RoutePlan.Mount) -> String {
        let prefix = String(decoding: mount.prefix, as: UTF8.self)
        guard let wanted, wanted.hasPrefix("/"), !wanted.contains("/.") else { return prefix + "/" }
        if wanted == prefix || wanted.hasPrefix(prefix + "/") {
            return wanted == prefix ? prefix + "/" : String(wanted)
        }
        return mount.strips ? prefix + wanted : prefix + "/"
    }

    /// Also under the prefixes that make a browser treat a name as another's look-alike.
    private static func isReserved(_ name: Substring, _ reserved: HiddenCookies) -> Bool {
        let bare = withoutPrefix(name.lowercased())
        func spelled(_ name: [UInt8]) -> Substring { withoutPrefix(String(decoding: name, as: UTF8.self).lowercased()) }
        if let prefix = reserved.prefix, bare.hasPrefix(spelled(prefix)) { return true }
        return reserved.names.contains { spelled($0) == bare }
    }

    private static func withoutPrefix(_ name: String) -> Substring {
        for prefix in ["__host-", "__secure-"] where name.hasPrefix(prefix) { return name.dropFirst(prefix.count) }
        return name[...]
    }

    private static func trimmed(_ text: some StringProtocol) -> Substring {
        var text = Substring(text)
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
