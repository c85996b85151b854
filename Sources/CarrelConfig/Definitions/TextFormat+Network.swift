import CarrelCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Addresses, names and URLs.
extension TextFormat {
    static let bind = TextFormat(
        "an address and a port, such as 127.0.0.1:8080, [::1]:8080 or localhost:8080",
        pattern: "^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+):[0-9]{1,5}$"
    ) { text in
        guard let colon = text.lastIndex(of: ":") else { return .wrong("has no port") }
        var host = String(text[..<colon])
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy(\.isASCIIDigit) else { return .wrong("has no port") }
        guard let port = Int(digits), port <= 65_535, digits.count <= 5 else {
            return .wrong("has a port above 65535")
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard isIPv6(host) else { return .wrong("is not an IPv6 address in its brackets") }
        } else if host.contains(":") {
            return .wrong("has an IPv6 address without brackets")
        } else if !isHost(host) {
            return .wrong(host.isEmpty ? "has no address" : "has no valid address")
        }
        return .value(.bind(host: host, port: port))
    }

    static let tcpAddress = TextFormat(
        "an address as tcp://name:port, such as tcp://docker.example.org:2376",
        pattern: "^tcp://\\S+:[0-9]{1,5}$"
    ) { text in
        guard text.hasPrefix("tcp://") else { return .wrong("does not begin with tcp://") }
        return bind.read(String(text.dropFirst("tcp://".count)))
    }

    static let registry = TextFormat(
        "a registry's name and perhaps port, such as registry.example.org:5000 or docker.io",
        pattern: "^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?$"
    ) { text in
        if isHost(text) { return .value(.text(text)) }
        if case .value = bind.read(text) { return .value(.text(text)) }
        return .wrong("is not a registry's name")
    }

    /// Yields a block with its length: `10.1.2.3` becomes `10.1.2.3/32`.
    static let cidr = TextFormat(
        "a network in CIDR notation, such as 10.0.0.0/8 or fd00::/8",
        pattern: "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$"
    ) { text in
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let address = String(parts[0])
        let longest = isIPv4(address) ? 32 : isIPv6(address) ? 128 : 0
        guard longest > 0 else { return .wrong("is not a network") }
        if parts.count == 1 { return .value(.text("\(address)/\(longest)")) }
        guard parts.count == 2, parts[1].utf8.allSatisfy(\.isASCIIDigit), let length = Int(parts[1]), length <= longest
        else { return .wrong("has a prefix length that is not from 0 to \(longest)") }
        return .value(.text("\(address)/\(length)"))
    }

    /// For many networks of eight addresses each.
    static let subnets = TextFormat(
        "an IPv4 network in CIDR notation, /29 or larger, such as 10.213.0.0/16",
        pattern: "^[0-9.]+/[0-9]{1,2}$"
    ) { text in
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        if isIPv6(String(parts[0])) { return .wrong("is IPv6: workspaces' networks have IPv4 addresses") }
        guard parts.count == 2, isIPv4(String(parts[0])), parts[1].utf8.allSatisfy(\.isASCIIDigit),
            let length = Int(parts[1])
        else { return .wrong("is not an IPv4 network in CIDR notation") }
        guard (8...29).contains(length) else {
            return .wrong(length < 8 ? "is larger than a /8" : "is smaller than a /29, the network of one workspace")
        }
        return .value(.text(text))
    }

    /// Yields it without a slash at the end.
    static let origin = TextFormat(
        "http:// or https://, a name and perhaps a port, without a path: https://work.example.org",
        pattern: "^https?://[^/?#\\s@]+/?$"
    ) { text in
        guard let rest = afterScheme(text) else { return .wrong("is not an http or https URL") }
        let authority = rest.hasSuffix("/") ? rest.dropLast() : rest
        if authority.contains(where: { "/?#".contains($0) }) { return .wrong("has a path") }
        guard isAuthority(String(authority)) else { return .wrong("has no valid name") }
        return .value(.text(String(text.dropLast(rest.count - authority.count))))
    }

    static let url = TextFormat(
        "an https:// or http:// URL without query",
        pattern: "^https?://[^\\s?#]+$"
    ) { text in
        guard let rest = afterScheme(text) else { return .wrong("is not an http or https URL") }
        if text.hasControls || rest.contains(where: { $0.isWhitespace || $0 == "?" || $0 == "#" }) {
            return .wrong("has blanks, a query or a fragment")
        }
        let authority = rest.prefix { $0 != "/" }
        return isAuthority(String(authority)) ? .value(.text(text)) : .wrong("has no valid name")
    }

    static let domain = TextFormat(
        "a domain name, such as work-content.example.org",
        pattern: "^[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)*$"
    ) { isHost($0) && !isIPv4($0) ? .value(.text($0.lowercased())) : .wrong("is not a domain name") }

    static let postgresURL = TextFormat("a URL as postgres://user@host/database", pattern: "^postgres(ql)?://\\S+$") {
        text in
        let rest = text.split(separator: "://", maxSplits: 1)
        let isOne = rest.count == 2 && ["postgres", "postgresql"].contains(rest[0])
        return isOne && !text.contains(where: \.isWhitespace) && !text.hasControls
            ? .value(.text(text)) : .wrong("is not a postgres URL")
    }

    static func isIPv4(_ text: String) -> Bool {
        var address = in_addr()
        return inet_pton(AF_INET, text, &address) == 1
    }

    static func isIPv6(_ text: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET6, text, &address) == 1
    }

    /// A name of labels (RFC 1123) or an IPv4 address.
    static func isHost(_ text: String) -> Bool {
        guard !text.isEmpty, text.utf8.count <= 253 else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
            (1...63).contains(part.utf8.count) && part.utf8.first != 45 && part.utf8.last != 45
                && part.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || $0 == 45 }
        }
    }

    private static func isAuthority(_ text: String) -> Bool {
        if isHost(text) { return true }
        if text.hasPrefix("["), text.hasSuffix("]") { return isIPv6(String(text.dropFirst().dropLast())) }
        guard case .value(.bind(_, let port)) = bind.read(text) else { return false }
        return port > 0
    }

    private static func afterScheme(_ text: String) -> Substring? {
        for scheme in ["https://", "http://"] where text.hasPrefix(scheme) { return text.dropFirst(scheme.count) }
        return nil
    }
}
