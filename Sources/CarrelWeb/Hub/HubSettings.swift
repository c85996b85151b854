public import CarrelCore

/// What the hub needs from the configuration. Asked for anew with every request, so a reload counts at once.
public struct HubSettings: Sendable {
    /// One listener as browsers see it.
    public struct Listener: Sendable {
        /// Scheme, host and port without a path: `https://work.example.org`. Nil: as `X-Forwarded-Proto` and
        /// `X-Forwarded-Host` say.
        public var publicOrigin: String?
        /// Name of the cookie with the session. One name per listener: cookies ignore ports.
        public var sessionCookie: String
        /// Name of the cookie that forms are bound to before signing in.
        public var formCookie: String

        public init(publicOrigin: String?, sessionCookie: String, formCookie: String) {
            self.publicOrigin = publicOrigin
            self.sessionCookie = sessionCookie
            self.formCookie = formCookie
        }
    }

    /// `pool-service` in the configuration.
    public struct PoolService: Hashable, Sendable {
        /// Opened where a request names no `purpose`.
        public var defaultApp: AppID
        /// Whose members `userId` names.
        public var provider: String

        public init(defaultApp: AppID, provider: String) {
            self.defaultApp = defaultApp
            self.provider = provider
        }
    }

    public var users: Listener
    public var operators: Listener
    /// Where browsers find workspaces.
    public var sites = WorkspaceSites.onHub
    public var deployment = "main"
    /// Begins the names of all cookies on workspaces' own names.
    public var workspaceCookie = ""
    /// Where signing in leads without a `next`. Nil: the portal.
    public var defaultApp: AppID?
    /// Nil: `POST /pool` answers that it is not configured.
    public var poolService: PoolService?

    public init(
        users: Listener,
        operators: Listener,
        defaultApp: AppID? = nil,
        poolService: PoolService? = nil
    ) {
        self.users = users
        self.operators = operators
        self.defaultApp = defaultApp
        self.poolService = poolService
    }

    func listener(_ listener: HubListener) -> Listener { listener == .users ? users : operators }
}
