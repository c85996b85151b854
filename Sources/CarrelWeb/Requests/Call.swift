import CarrelCore
import CarrelIdentity
import CarrelWorkspaces
import HTTPTypes
import Hummingbird

/// One request on its way through a handler.
struct Call: Sendable {
    let hub: Hub
    let request: Request
    /// Of the configuration at the time of the request.
    let settings: HubSettings
    let requestID: String
    /// As sent, without the query.
    let path: Substring
    /// As sent, without the question mark; nil if there is none.
    let query: Substring?
    let parameters: [String: Substring]
    let caller: Caller
    /// The fields of a form that was sent with `Access.form`.
    var form: [String: String] = [:]
    /// On the control socket: who asks.
    var peer: Peer?

    var services: HubServices { hub.services }
    var signIn: any SignInService { hub.services.signIn }
    var workspaces: any WorkspaceService { hub.services.workspaces }
    var now: Timestamp { hub.services.clock.now() }
    var cookieNames: HubSettings.Listener { settings.listener(hub.listener) }

    /// The first value of this name in the query, decoded.
    func queryValue(_ name: String) -> String? { query.flatMap { FormBody.value(name, in: $0) } }

    /// A whole number in the query. Throws `invalid` if it is none or out of range.
    func queryNumber(_ name: String, in range: ClosedRange<Int64>, otherwise: Int64) throws -> Int64 {
        guard let text = queryValue(name) else { return otherwise }
        guard let number = Int64(text), range.contains(number) else {
            throw CarrelError(
                .invalid,
                "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)."
            )
        }
        return number
    }

    /// Nil without one.
    func queryMoment(_ name: String) throws -> Timestamp? {
        guard let text = queryValue(name) else { return nil }
        guard let moment = Timestamp(text) else {
            throw CarrelError(.invalid, "\(name) must be a moment such as 2026-01-31T09:00:00Z.")
        }
        return moment
    }

    /// The address from which the browser came, as the gateway says; for rate limits only.
    var client: String {
        let forwarded = request.headers[.forwardedFor]?.split(separator: ",").first ?? "unknown"
        return String(forwarded.trimmingPrefix { $0 == " " }.prefix(64))
    }

    /// Scheme, host and port under which browsers reach the users' listener. Nil if nobody knows.
    var usersOrigin: String? { settings.users.publicOrigin ?? (hub.listener == .users ? forwardedOrigin : nil) }

    /// Scheme, host and port under which this browser reaches this listener. Nil if nobody knows.
    var ownOrigin: String? { cookieNames.publicOrigin ?? forwardedOrigin }

    /// Whether browsers reach this listener over TLS, so that cookies may ask for it.
    var isSecure: Bool { ownOrigin?.hasPrefix("https://") ?? false }

    /// A page of this listener's, under its public name or the one that the browser used.
    func isOwn(origin: String) -> Bool { origin == cookieNames.publicOrigin || origin == forwardedOrigin }

    private var forwardedOrigin: String? {
        guard let host = request.headers[.forwardedHost] ?? request.head.authority, !host.isEmpty else { return nil }
        return (request.headers[.forwardedProto] == "https" ? "https://" : "http://") + host
    }

    /// What a state-changing request has to bring back; nil where none is needed.
    var csrfToken: String? { caller.session.map { signIn.csrfToken(for: $0.description) } }
}

extension HTTPField.Name {
    static let forwardedFor = ours("X-Forwarded-For")
    static let forwardedHost = ours("X-Forwarded-Host")
    static let forwardedProto = ours("X-Forwarded-Proto")
    static let requestID = ours("X-Carrel-Request-Id")
    static let csrf = ours("X-Carrel-CSRF")
    static let secFetchMode = ours("Sec-Fetch-Mode")
    static let secFetchDest = ours("Sec-Fetch-Dest")
    static let secFetchSite = ours("Sec-Fetch-Site")
    static let serverTiming = ours("Server-Timing")
    static let referrerPolicy = ours("Referrer-Policy")
    static let refresh = ours("Refresh")

    /// The names above are tokens (RFC 9110, section 5.6.2), so the initializer takes each of them.
    private static func ours(_ name: String) -> Self { Self(name) ?? .te }
}
