import CarrelCore

/// A route with everything worked out that requests would otherwise work out each time. Shared by all event loops.
final class RoutePlan: Sendable {
    /// One of the addresses of a workspace and the path it is reached at.
    final class Mount: Sendable {
        let endpoint: Endpoint
        /// `/w/<id>` or `/w/<id>/~<port>`, without a slash at the end; where the workspace has a name of its own, nothing or
        /// `/~<port>`.
        let prefix: [UInt8]
        let strips: Bool
        /// Header lines set on every request to it.
        let headerLines: [UInt8]

        init(endpoint: Endpoint, prefix: [UInt8], strips: Bool, headerLines: [UInt8]) {
            self.endpoint = endpoint
            self.prefix = prefix
            self.strips = strips
            self.headerLines = headerLines
        }
    }

    let route: Route
    let main: Mount
    /// Further ports by `~name`.
    let ports: [(name: [UInt8], mount: Mount)]
    let ignore: [[UInt8]]
    /// In lower case.
    let replacedHeaders: [[UInt8]]
    let origins: [[UInt8]]
    /// The workspace's own origin; nil: the hub's.
    let ownOrigin: [UInt8]?
    /// The name of its own cookie; nil: the hub's session counts.
    let cookie: [UInt8]?

    /// `names`: where workspaces have names of their own.
    init(_ route: Route, names: GatewayConfiguration.WorkspaceNames? = nil) {
        self.route = route
        let sites = names?.sites ?? .onHub
        let origin = route.service.map { sites.origin(ofService: $0.name) } ?? sites.origin(of: route.workspace)
        ownOrigin = origin.map { OriginRule.normalised($0) }
        cookie = names.map { Array(sites.cookieName(of: route.workspace, base: $0.cookie).utf8) }
        let path = route.service.map { sites.path(ofService: $0.name) } ?? sites.path(of: route.workspace)
        let prefix = Array(path.utf8.dropLast())
        let usable = route.headers.filter(Self.isUsable)
        replacedHeaders = usable.map { Array($0.name.lowercased().utf8) }
        // Of a service it is told with each request who comes.
        var lines = route.service == nil ? "X-Carrel-User: \(route.owner)\r\n" : ""
        for header in usable { lines += "\(header.name): \(header.value)\r\n" }
        let strips = route.prefix == .strip && !prefix.isEmpty
        main = Mount(
            endpoint: route.endpoint,
            prefix: prefix,
            strips: strips,
            headerLines: Self.lines(lines, prefix: prefix, strips: strips)
        )
        ports = route.extraEndpoints.sorted { $0.key < $1.key }.map { name, endpoint in
            let below = prefix + Array("/~\(name)".utf8)
            let mount = Mount(
                endpoint: endpoint,
                prefix: below,
                strips: true,
                headerLines: Self.lines(lines, prefix: below, strips: true)
            )
            return (Array("~\(name)".utf8), mount)
        }
        ignore = route.ignore.map { path in
            let bytes = Array(path.utf8)
            return bytes.last == ByteClasses.slash ? Array(bytes.dropLast()) : bytes
        }
        origins = route.origins.map { OriginRule.normalised($0) }
    }

    /// What was taken off is told only where something was: an app that knows its whole path would add it twice.
    private static func lines(_ lines: String, prefix: [UInt8], strips: Bool) -> [UInt8] {
        Array(lines.utf8) + (strips ? Array("X-Forwarded-Prefix: ".utf8) + prefix + [13, 10] : [])
    }

    /// A header that would break or re-frame the message is left out.
    private static func isUsable(_ header: RouteHeader) -> Bool {
        let line = Array("\(header.name): \(header.value)\r\n".utf8)
        return line.withUnsafeBytes { raw in
            guard let field = HeaderField.scan(raw, at: 0), Int(field.end) == raw.count else { return false }
            switch field.kind {
            case .contentLength, .transferEncoding, .connection, .upgrade, .hopByHop, .expect, .csrf, .carrel:
                return false
            default: return true
            }
        }
    }

    /// Nobody but its owner, into a workspace; into a service whom the hub named.
    func admits(_ user: UserID?) -> Bool {
        guard let user else { return false }
        guard let service = route.service else { return user == route.owner }
        return service.members.map { $0.contains(user) } ?? true
    }

    /// Whether a request below the workspace's path is not activity.
    func ignores(_ raw: UnsafeRawBufferPointer, _ rest: Range<Int>) -> Bool {
        ignore.contains { prefix in
            guard rest.count >= prefix.count else { return false }
            let end = rest.lowerBound + prefix.count
            guard raw[rest.lowerBound..<end].elementsEqual(prefix) else { return false }
            return end == rest.upperBound || raw[end] == ByteClasses.slash
        }
    }

    /// Which address `rest` leads to: that of a named port, else the app's own.
    func mount(_ raw: UnsafeRawBufferPointer, _ rest: Range<Int>) -> (index: Int, mount: Mount) {
        if rest.count > 1, raw[rest.lowerBound + 1] == UInt8(ascii: "~") {
            let start = rest.lowerBound + 1
            let end = raw[start..<rest.upperBound].firstIndex(of: ByteClasses.slash) ?? rest.upperBound
            if let index = ports.firstIndex(where: { raw.equals(start..<end, exactly: $0.name) }) {
                return (index + 1, ports[index].mount)
            }
        }
        return (0, main)
    }
}
