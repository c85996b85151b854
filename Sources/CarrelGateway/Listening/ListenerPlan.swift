import CarrelCore

/// A listener's configuration with everything worked out that connections would otherwise work out each time.
final class ListenerPlan: Sendable {
    let configuration: GatewayConfiguration.Listener
    let sessionCookie: [UInt8]
    /// The session cookie and the hub's others: workspaces neither see nor set them.
    let hubCookies: [[UInt8]]
    /// As browsers write it; nil: from `Host`.
    let publicOrigin: [UInt8]?
    /// Of the public origin, else `http`: the gateway itself speaks clear text.
    let scheme: String
    let trustedProxies: AddressBlocks
    let hub: Endpoint
    let counter: ConnectionCounter

    /// Throws if an entry of `trustedProxies` is no address or block.
    init(_ configuration: GatewayConfiguration.Listener, connectionsPerClient: Int) throws {
        self.configuration = configuration
        sessionCookie = Array(configuration.sessionCookie.utf8)
        hubCookies = ([configuration.sessionCookie] + configuration.hubCookies).map { Array($0.utf8) }
        publicOrigin = configuration.publicOrigin.map { OriginRule.normalised($0) }
        scheme = configuration.publicOrigin?.lowercased().hasPrefix("https:") == true ? "https" : "http"
        var refused: [String] = []
        trustedProxies = AddressBlocks(configuration.trustedProxies, refused: &refused)
        if let first = refused.first {
            throw CarrelError(.configuration, "The trusted proxy “\(first)” is neither an address nor a CIDR block.")
        }
        hub = .unix(path: configuration.hubSocket)
        counter = ConnectionCounter(limit: connectionsPerClient)
    }
}
