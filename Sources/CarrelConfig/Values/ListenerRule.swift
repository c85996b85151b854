/// One of the two listeners.
public struct ListenerRule: Hashable, Sendable {
    /// A name or an address without brackets.
    public var host: String
    /// 0: any free one.
    public var port: Int
    /// Scheme, host and port that browsers use, without a slash at the end. Nil: as the request says.
    public var publicOrigin: String?
    public var tls: TLSFiles?
    /// CIDR blocks whose `X-Forwarded-*` are believed.
    public var trustedProxies: [String]
    /// CIDR blocks whose connections begin with a PROXY protocol header.
    public var proxyProtocol: [String] = []

    /// Whether only this machine can reach it.
    public var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    /// `127.0.0.1:8080`, `[::1]:8080`
    public var bind: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Certificate chain and private key, PEM, as absolute paths.
public struct TLSFiles: Hashable, Sendable {
    public var certificate: String
    public var key: String
    /// Where plain HTTP is answered with a redirect.
    public var redirectFrom: BindAddress?
    /// `Strict-Transport-Security`; zero: not sent.
    public var hsts = Duration.seconds(365 * 86_400)

    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

/// Where to listen.
public struct BindAddress: Hashable, Sendable {
    /// A name or an address without brackets.
    public var host: String
    /// 0: any free one.
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}

/// Bounds of both listeners.
public struct ListenerLimits: Hashable, Sendable {
    public var headBytes = 65_536
    public var headerCount = 200
    public var headerTimeout = Duration.seconds(10)
    public var idleTimeout = Duration.seconds(3600)
    public var connectionsPerClient = 1000
    /// Of a request's body; 0: any.
    public var bodyBytes = 0
    /// How long a workspace or the hub may take to accept a connection.
    public var connectTimeout = Duration.seconds(5)
    /// Requests waiting for one workspace's connections, per event loop.
    public var queuePerUpstream = 1024
    /// How long a request to a paused workspace is held.
    public var resumeTimeout = Duration.seconds(15)
    /// Silence until the kernel asks whether the peer is still there.
    public var keepAliveIdle = Duration.seconds(60)
    /// Between such questions.
    public var keepAliveInterval = Duration.seconds(15)
    /// How many of them stay without an answer until the connection is closed.
    public var keepAliveProbes = 16
}

/// How long what is open may go on when carrel stops.
public struct DrainRule: Hashable, Sendable {
    /// After SIGTERM.
    public var stop: Duration
    /// In the old process, after another took over.
    public var takeover: Duration

    public init(stop: Duration = .seconds(30), takeover: Duration = .seconds(12 * 3600)) {
        self.stop = stop
        self.takeover = takeover
    }
}
