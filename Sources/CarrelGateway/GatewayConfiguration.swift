public import CarrelCore

/// Where the gateway listens, where the hub is, and its bounds.
public struct GatewayConfiguration: Sendable {
    public var listeners: [Listener]
    public var limits: Limits

    public init(listeners: [Listener], limits: Limits = Limits()) {
        self.listeners = listeners
        self.limits = limits
    }

    public struct Listener: Sendable {
        /// `users`, `operators`.
        public var name: String
        public var host: String
        /// 0: any free one.
        public var port: Int
        /// Scheme, host and port that browsers use, without a path: `https://work.example.org`. Nil: from `Host`.
        public var publicOrigin: String?
        /// Unix socket of the hub for this listener.
        public var hubSocket: String
        /// Whether `/w/<id>/…` leads to workspaces here; otherwise it goes to the hub as everything else.
        public var servesWorkspaces: Bool
        /// Cookie whose value is the session; never forwarded to a workspace.
        public var sessionCookie: String
        /// The hub's other cookies: never forwarded to a workspace.
        public var hubCookies: [String]
        /// CIDR blocks whose `X-Forwarded-*` are believed.
        public var trustedProxies: [String]
        /// Nil: workspaces are on the hub's name.
        public var workspaceNames: WorkspaceNames?
        /// CIDR blocks whose connections begin with a PROXY protocol header.
        public var proxyProtocol: [String] = []
        /// Nil: clear text.
        public var tls: TLS?
        /// Every request is answered with the same address there. Nil: as the rest says.
        public var redirect: Redirect?

        public init(
            name: String,
            host: String,
            port: Int,
            publicOrigin: String?,
            hubSocket: String,
            servesWorkspaces: Bool,
            sessionCookie: String,
            hubCookies: [String] = [],
            trustedProxies: [String] = []
        ) {
            self.name = name
            self.host = host
            self.port = port
            self.publicOrigin = publicOrigin
            self.hubSocket = hubSocket
            self.servesWorkspaces = servesWorkspaces
            self.sessionCookie = sessionCookie
            self.hubCookies = hubCookies
            self.trustedProxies = trustedProxies
        }
    }

    /// Names of their own for workspaces: `Host` decides what a request is for, and whether it is for anything here.
    public struct WorkspaceNames: Hashable, Sendable {
        public var sites: WorkspaceSites
        /// The hub's name, without a port.
        public var hub: String
        /// Begins the names of all cookies on workspaces' names.
        public var cookie: String
        /// By which browsers reach the hub and workspaces.
        public var port: Int

        public init(sites: WorkspaceSites, hub: String, cookie: String, port: Int) {
            self.sites = sites
            self.hub = hub
            self.cookie = cookie
            self.port = port
        }
    }

    public struct TLS: Sendable {
        public var certificate: ServedCertificate
        /// `Strict-Transport-Security` of every answer; zero: none.
        public var hsts: Duration

        public init(certificate: ServedCertificate, hsts: Duration) {
            self.certificate = certificate
            self.hsts = hsts
        }
    }

    /// To HTTPS.
    public struct Redirect: Hashable, Sendable {
        /// Scheme, host and port, without a path. Nil: the host that was asked for, with `port`.
        public var origin: String?
        public var port: Int

        public init(origin: String?, port: Int) {
            self.origin = origin
            self.port = port
        }
    }

    public struct Limits: Hashable, Sendable {
        public var headBytes: Int
        public var headerCount: Int
        public var headerTimeout: Duration
        public var idleTimeout: Duration
        public var connectionsPerClient: Int
        /// Of a request's body as it is sent, chunks' sizes included; 0: any.
        public var bodyBytes: Int64
        /// How long a workspace or the hub may take to accept a connection.
        public var connectTimeout: Duration
        /// Requests waiting for one upstream's connections, per event loop.
        public var queuePerUpstream: Int
        /// How long a request to a paused workspace is held.
        public var resumeTimeout: Duration
        /// How peers that are gone are found, on both sides.
        public var keepAlive: KeepAlive

        public init(
            headBytes: Int = 65536,
            headerCount: Int = 200,
            headerTimeout: Duration = .seconds(10),
            idleTimeout: Duration = .seconds(3600),
            connectionsPerClient: Int = 1000,
            bodyBytes: Int64 = 0,
            connectTimeout: Duration = .seconds(5),
            queuePerUpstream: Int = 1024,
            resumeTimeout: Duration = .seconds(15),
            keepAlive: KeepAlive = KeepAlive()
        ) {
            self.headBytes = headBytes
            self.headerCount = headerCount
            self.headerTimeout = headerTimeout
            self.idleTimeout = idleTimeout
            self.connectionsPerClient = connectionsPerClient
            self.bodyBytes = bodyBytes
            self.connectTimeout = connectTimeout
            self.queuePerUpstream = queuePerUpstream
            self.resumeTimeout = resumeTimeout
            self.keepAlive = keepAlive
        }
    }
}

/// What a request brings to prove who sends it, as found in its head.
public enum GatewayCredential: Hashable, Sendable {
    /// The session cookie's value.
    case cookie(String)
    /// The value of a cookie on a workspace's own name.
    case workspaceCookie(String)
    /// What follows `Authorization: Bearer `, where it begins as Carrel's tokens do.
    case bearer(String)
}

/// The two questions that the gateway asks others. Neither may block.
public struct GatewayQuestions: Sendable {
    /// Who is this? Answers from memory; the gateway caches it per event loop until `credentialsChanged()`.
    public var authorize: @Sendable (GatewayCredential) -> Principal?
    /// A paused workspace is wanted: resume it. True once its route is published again as not paused.
    public var resolve: @Sendable (WorkspaceID) async -> Bool

    public init(
        authorize: @escaping @Sendable (GatewayCredential) -> Principal?,
        resolve: @escaping @Sendable (WorkspaceID) async -> Bool
    ) {
        self.authorize = authorize
        self.resolve = resolve
    }
}
