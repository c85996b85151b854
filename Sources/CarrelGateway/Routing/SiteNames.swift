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

/// Where in the workspaces a request leads.
struct WorkspacePlace {
    let key: WorkspaceID
    /// The workspace's id, where the request says it: in its path or in its host.
    let id: Range<Int>
    /// Of the path, what is below the workspace's: empty, or begins with a slash.
    let rest: Range<Int>

    /// By the path: `/w/<id>/…`.
    init?(_ raw: UnsafeRawBufferPointer, path: Range<Int>) {
        guard let found = WorkspacePath(raw, path) else { return nil }
        key = found.workspace
        rest = found.rest
        id = (rest.lowerBound - WorkspaceID.textLength)..<rest.lowerBound
    }

    /// By the name: `<id>.<domain>`, in lower case, as browsers send it.
    init?(_ raw: UnsafeRawBufferPointer, label: Range<Int>, path: Range<Int>) {
        guard let key = WorkspaceID(utf8: UnsafeRawBufferPointer(rebasing: raw[label])) else { return nil }
        self.key = key
        id = label
        rest = path
    }

    /// Whether it leads to what is the hub's on every workspace's name: below `WorkspaceSites.reservedPath`.
    func isReserved(_ raw: UnsafeRawBufferPointer) -> Bool {
        let prefix: StaticString = "/.carrel/"
        let count = prefix.utf8CodeUnitCount
        return rest.count >= count && raw.isExactly(rest.lowerBound..<(rest.lowerBound + count), prefix)
    }
}
