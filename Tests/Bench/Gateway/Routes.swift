import CarrelCore

/// The routes by number: as a JupyterLab's would be, all to one upstream.
struct Routes: Sendable {
    let owner: UserID
    private let app: AppID
    private let upstream: Endpoint
    private static let letters = Array("abcdefghijklmnopqrstuvwxyz234567")

    init(upstream port: Int) throws {
        guard let owner = UserID("u-aaaaaaaaaaaaaaaa"), let app = AppID("jupyter") else {
            throw CarrelError(.internal, "The member's or the app's id is none.")
        }
        (self.owner, self.app) = (owner, app)
        upstream = .tcp(host: "127.0.0.1", port: port)
    }

    func route(_ number: Int) throws -> Route {
        let digits = (0..<16).map { Self.letters[number >> (5 * (15 - $0)) & 31] }
        guard let id = WorkspaceID("ws-" + String(digits)) else {
            throw CarrelError(.internal, "A workspace's id is none.")
        }
        var route = Route(workspace: id, app: app, owner: owner, endpoint: upstream)
        route.headers = [RouteHeader(name: "Authorization", value: "token \(id)")]
        route.ignore = ["/api/kernels", "/api/sessions", "/api/terminals", "/api/contents"]
        return route
    }
}
