import CarrelCore
import Logging
import Synchronization

/// A listener's configuration with everything worked out that connections would otherwise work out each time.
final class ListenerPlan: Sendable {
    let configuration: GatewayConfiguration.Listener
    let sessionCookie: [UInt8]
    /// The session cookie and the hub's others: workspaces neither see nor set them.
    let hubCookies: HiddenCookies
    /// Nil: workspaces are on the hub's name.
    let names: SiteNames?
    /// Where the gateway's own pages lead back to.
    let home: String
    /// As browsers write it; nil: from `Host`.
    let publicOrigin: [UInt8]?
    /// Of the public origin, else what is spoken here.
    let scheme: String
    let trustedProxies: AddressBlocks
    /// Whose connections begin with a PROXY protocol header.
    let proxies: AddressBlocks
    /// Whether connections begin with a request.
    let isPlain: Bool
    /// Header lines of every final response: HSTS over TLS, else none.
    let responseLines: [UInt8]
    let hub: Endpoint
    let counter: ConnectionCounter
    private let hasTold = Atomic(false)

    /// Throws if an entry of `trustedProxies` is no address or block.
    init(_ configuration: GatewayConfiguration.Listener, connectionsPerClient: Int) throws {
        self.configuration = configuration
        sessionCookie = Array(configuration.sessionCookie.utf8)
        names = configuration.workspaceNames.map(SiteNames.init)
        hubCookies = HiddenCookies(
            names: ([configuration.sessionCookie] + configuration.hubCookies).map { Array($0.utf8) },
            prefix: names?.cookie
        )
        home = names == nil ? "/" : (configuration.publicOrigin ?? "") + "/"
        publicOrigin = configuration.publicOrigin.map { OriginRule.normalised($0) }
        let isSecure =
            configuration.publicOrigin.map { $0.lowercased().hasPrefix("https:") } ?? (configuration.tls != nil)
        scheme = isSecure ? "https" : "http"
        var refused: [String] = []
        trustedProxies = AddressBlocks(configuration.trustedProxies, refused: &refused)
        proxies = AddressBlocks(configuration.proxyProtocol, refused: &refused)
        isPlain = configuration.tls == nil && proxies.isEmpty
        let hsts = configuration.tls?.hsts.components.seconds ?? 0
        responseLines = hsts > 0 ? Array("Strict-Transport-Security: max-age=\(hsts)\r\n".utf8) : []
        if let first = refused.first {
            throw CarrelError(.configuration, "The trusted proxy “\(first)” is neither an address nor a CIDR block.")
        }
        hub = .unix(path: configuration.hubSocket)
        counter = ConnectionCounter(limit: connectionsPerClient)
    }

    /// A load balancer that is set up otherwise than the configuration says would only be seen by its connections
    /// failing: said once, for there may be thousands.
    func tellOfMissingProxyHeader(from address: String, _ logger: Logger) {
        guard !hasTold.exchange(true, ordering: .relaxed) else { return }
        logger.warning(
            """
            listener “\(configuration.name)”: a connection from \(address) does not begin with a PROXY protocol header \
            of version 2, though proxy-protocol names that address: closed, and further ones without another word
            """
        )
    }
}
