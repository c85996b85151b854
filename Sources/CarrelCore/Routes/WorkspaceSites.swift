/// Under which names browsers reach workspaces, as `isolation` in the configuration says.
public struct WorkspaceSites: Hashable, Sendable {
    public enum Mode: String, Hashable, Sendable {
        /// `/w/<id>/…` on the hub's own name.
        case path
        /// `/w/<id>/…` on a second name, which all workspaces share.
        case host
        /// `<id>.<domain>`.
        case subdomain
    }

    /// On the hub's own name.
    public static let onHub = Self(mode: .path, domain: "", scheme: "", port: "")
    /// Below a workspace's path: never the workspace's own.
    public static let reservedPath = "/.carrel/"
    /// Where a one-time ticket is exchanged for the workspace's cookie.
    public static let entryPath = "/.carrel/enter"

    public let mode: Mode
    /// The second name, or what workspaces are names of; in lower case.
    public let domain: String
    private let scheme: String
    /// With its colon; empty where it is the scheme's own.
    private let port: String

    private init(mode: Mode, domain: String, scheme: String, port: String) {
        (self.mode, self.domain, self.scheme, self.port) = (mode, domain, scheme, port)
    }

    /// `hubOrigin`: scheme, host and port of the hub, whose scheme and port are the workspaces' too.
    public init(_ mode: Mode, domain: String, hubOrigin: String) {
        guard mode != .path else {
            self = .onHub
            return
        }
        let lower = hubOrigin.lowercased()
        let scheme = lower.hasPrefix("https:") ? "https" : "http"
        let authority = lower.split(separator: "/").last ?? ""
        var port = ""
        if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") { port = String(authority[colon...]) }
        if port == (scheme == "https" ? ":443" : ":80") { port = "" }
        self.init(mode: mode, domain: domain.lowercased(), scheme: scheme, port: port)
    }

    /// As the browser and the app see it, with a slash at both ends.
    public func path(of workspace: WorkspaceID) -> String { mode == .subdomain ? "/" : "/w/\(workspace)/" }

    /// Scheme, host and port, without a path. Nil: the hub's.
    public func origin(of workspace: WorkspaceID) -> String? {
        switch mode {
        case .path: nil
        case .host: "\(scheme)://\(domain)\(port)"
        case .subdomain: "\(scheme)://\(workspace).\(domain)\(port)"
        }
    }

    /// Its whole address, with a slash at the end. `hub`: the hub's origin, used where workspaces have none of their own;
    /// nil if nobody knows it.
    public func url(of workspace: WorkspaceID, hub: String?) -> String {
        (origin(of: workspace) ?? hub ?? "") + path(of: workspace)
    }

    /// As `path(of:)`, of a service that somebody else runs and members see through carrel. Under `path` there are none.
    public func path(ofService name: String) -> String { mode == .subdomain ? "/" : "/s/\(name)/" }

    public func origin(ofService name: String) -> String? {
        switch mode {
        case .path: nil
        case .host: "\(scheme)://\(domain)\(port)"
        case .subdomain: "\(scheme)://\(name).\(domain)\(port)"
        }
    }

    public func url(ofService name: String, hub: String?) -> String {
        (origin(ofService: name) ?? hub ?? "") + path(ofService: name)
    }

    /// Every origin of workspaces, as Content-Security-Policy names them (CSP 3, section 2.3.1). Nil: the hub's.
    public var policySource: String? {
        switch mode {
        case .path: nil
        case .host: "\(scheme)://\(domain)\(port)"
        case .subdomain: "\(scheme)://*.\(domain)\(port)"
        }
    }

    /// What a workspace's cookie is called, of the names that begin with `base`. Workspaces that share a name must have
    /// one each: the browser sends all of them everywhere there.
    public func cookieName(of workspace: WorkspaceID, base: String) -> String {
        mode == .host ? "\(base)-\(workspace.description.dropFirst(3))" : base
    }
}
