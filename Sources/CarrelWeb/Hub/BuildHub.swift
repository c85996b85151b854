public import Hummingbird
public import Logging

/// The hub of one listener: an application for the server and for tests alike. Reads nothing but its arguments.
///
/// Requests are expected from the gateway: `X-Forwarded-For`, `-Proto`, `-Host` and `X-Carrel-Request-Id` are believed.
/// Throws if a page's template does not compile.
public func buildHub(
    _ listener: HubListener,
    services: HubServices,
    address: BindAddress = .hostname("127.0.0.1", port: 0),
    eventLoops: EventLoopGroupProvider = .singleton,
    onServerRunning: @escaping @Sendable () async -> Void = {},
    logger: Logger
) throws -> some ApplicationProtocol {
    let hub = Hub(listener: listener, services: services, pages: try PageTemplates(), logger: logger)
    return Application(
        responder: HubResponder(hub: hub, routes: RouteTable(Routes.of(listener))),
        // A thousand at once wait instead of being turned away: a full backlog refuses at once on a unix socket.
        configuration: ApplicationConfiguration(address: address, backlog: 4096),
        onServerRunning: { _ in await onServerRunning() },
        eventLoopGroupProvider: eventLoops,
        logger: quietened(logger)
    )
}

/// For the server beneath, whose steps at every start and stop, and whose words when a start is given up, are nothing
/// that an operator must see: what matters is thrown and told once.
private func quietened(_ logger: Logger) -> Logger {
    guard logger.logLevel > .debug else { return logger }
    return Logger(label: logger.label) { _ in SwiftLogNoOpLogHandler() }
}

/// What every handler has at hand.
struct Hub: Sendable {
    let listener: HubListener
    let services: HubServices
    let pages: PageTemplates
    let logger: Logger
}
