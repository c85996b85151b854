import CarrelCore

/// Which of carrel's names a request's `Host` is, where workspaces have names of their own. Compares bytes in place.
final class SiteNames: Sendable {
    enum Site: Equatable {
        case hub
        /// The one name of all workspaces.
        case workspaces
        /// A name below the workspaces' domain: where its first part stands.
        case workspace(Range<Int>)
        /// None of ours.
        case elsewhere
    }

    let sites: WorkspaceSites
    /// Begins the names of all cookies on workspaces' names.
    let cookie: [UInt8]
    /// The port of both kinds of names.
    let port: Int
    private let hub: [UInt8]
    private let domain: [UInt8]

    init(_ names: GatewayConfiguration.WorkspaceNames) {
        sites = names.sites
        hub = Array(names.hub.lowercased().utf8)
        domain = Array(names.sites.domain.utf8)
        cookie = Array(names.cookie.utf8)
        port = names.port
    }

    /// `host`: with or without a port, which does not count: cookies don't know ports either.
    func site(_ raw: UnsafeRawBufferPointer, _ host: Range<Int>) -> Site {
        let name = Self.withoutPort(raw, host)
        if raw.equals(name, lowered: hub) { return .hub }
        if sites.mode == .host { return raw.equals(name, lowered: domain) ? .workspaces : .elsewhere }
        let dot = name.upperBound - domain.count - 1
        guard dot > name.lowerBound, raw[dot] == UInt8(ascii: "."),
            raw.equals((dot + 1)..<name.upperBound, lowered: domain)
        else { return .elsewhere }
        return .workspace(name.lowerBound..<dot)
    }

    private static func withoutPort(_ raw: UnsafeRawBufferPointer, _ host: Range<Int>) -> Range<Int> {
        var end = host.upperBound
        while end > host.lowerBound, ByteClasses.isDigit(raw[end - 1]) { end -= 1 }
        guard end > host.lowerBound, raw[end - 1] == ByteClasses.colon else { return host }
        return host.lowerBound..<(end - 1)
    }
}
