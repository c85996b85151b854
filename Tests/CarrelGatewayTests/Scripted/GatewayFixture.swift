import CarrelCore
import CarrelGateway
import CarrelTesting
import Logging
import NIOCore
import Synchronization
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A gateway between a scripted hub and a scripted workspace of Ada's.
struct GatewayFixture: Sendable {
    static let ada = UserID("u-aaaaaaaaaaaaaaaa")
    static let bob = UserID("u-bbbbbbbbbbbbbbbb")
    static let id = "ws-abcdefghijklmnop"

    let gateway: Gateway
    let clock: VirtualClock
    let who: Who
    let hub: ScriptedServer
    let workspace: ScriptedServer
    let workspaceAddress: SocketAddress
    let address: SocketAddress

    /// What a test may change before the gateway starts.
    struct Setting: Sendable {
        var listener: @Sendable (inout GatewayConfiguration.Listener) -> Void = { _ in }
        var limits = GatewayConfiguration.Limits()
        /// Nil: no route is published.
        var route: (@Sendable (inout Route) -> Void)? = { _ in }
        var resolve: @Sendable (WorkspaceID, Gateway, Route) async -> Bool = { _, _, _ in false }
        var hub = ScriptedServer.answering { _ in ScriptedServer.ok("hub") }
        var workspace = ScriptedServer.answering { _ in ScriptedServer.ok() }
    }

    /// Who a credential stands for.
    final class Who: Sendable {
        private let known: Mutex<[GatewayCredential: Principal]>

        init(_ known: [GatewayCredential: Principal]) { self.known = Mutex(known) }

        func principal(_ credential: GatewayCredential) -> Principal? { known.withLock { $0[credential] } }
        func revoke(_ credential: GatewayCredential) { known.withLock { $0[credential] = nil } }
    }

    static func route(_ endpoint: Endpoint) throws -> Route {
        Route(
            workspace: try #require(WorkspaceID(id)),
            app: try #require(AppID("jupyter")),
            owner: try #require(ada),
            endpoint: endpoint
        )
    }

    static func withGateway(
        _ setting: Setting = Setting(),
        _ body: @escaping @Sendable (GatewayFixture) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "gw-\(UUID().uuidString.prefix(8))"
        )
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let socket = directory.appendingPathComponent("hub").path
        try await ScriptedServer.serve(at: SocketAddress(unixDomainSocketPath: socket), setting.hub) { hub, _ in
            let any = try SocketAddress(ipAddress: "127.0.0.1", port: 0)
            try await ScriptedServer.serve(at: any, setting.workspace) { workspace, address in
                try await run(setting, socket: socket, hub: hub, workspace: workspace, at: address, body)
            }
        }
    }

    private static func run(
        _ setting: Setting,
        socket: String,
        hub: ScriptedServer,
        workspace: ScriptedServer,
        at workspaceAddress: SocketAddress,
        _ body: @escaping @Sendable (GatewayFixture) async throws -> Void
    ) async throws {
        let clock = VirtualClock()
        let who = try Who(principals(now: clock.now()))
        var listener = GatewayConfiguration.Listener(
            name: "users",
            host: "127.0.0.1",
            port: 0,
            publicOrigin: nil,
            hubSocket: socket,
            servesWorkspaces: true,
            sessionCookie: "carrel",
            hubCookies: ["carrel-flow"]
        )
        setting.listener(&listener)
        let published = Mutex<(Gateway, Route)?>(nil)
        let gateway = Gateway(
            configuration: GatewayConfiguration(listeners: [listener], limits: setting.limits),
            questions: GatewayQuestions(
                authorize: { who.principal($0) },
                resolve: { id in
                    guard let (gateway, route) = published.withLock(\.self) else { return false }
                    return await setting.resolve(id, gateway, route)
                }
            ),
            clock: clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let port = try #require(workspaceAddress.port)
        var route = try Self.route(.tcp(host: "127.0.0.1", port: port))
        if let change = setting.route {
            change(&route)
            await gateway.publish(route)
        }
        let final = route
        published.withLock { $0 = (gateway, final) }
        defer { published.withLock { $0 = nil } }
        let addresses = try await gateway.start()
        let fixture = GatewayFixture(
            gateway: gateway,
            clock: clock,
            who: who,
            hub: hub,
            workspace: workspace,
            workspaceAddress: workspaceAddress,
            address: try #require(addresses["users"])
        )
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { await gateway.run() }
            do { try await body(fixture) } catch {
                await gateway.shutdown(drain: .zero)
                throw error
            }
            await gateway.shutdown(drain: .zero)
        }
    }

    private static func principals(now: Timestamp) throws -> [GatewayCredential: Principal] {
        let (ada, bob) = (try #require(ada), try #require(bob))
        let session = Principal.Credential.session(try #require(SessionID("s-aaaaaaaaaaaaaaaa")))
        let token = try #require(TokenID("t-aaaaaaaaaaaaaaaa"))
        let later = now + .seconds(43_200)
        return [
            .cookie("ada"): Principal(user: ada, credential: session, expiresAt: later),
            .cookie("bob"): Principal(user: bob, credential: session, expiresAt: later),
            .workspaceCookie("ada-here"): Principal(
                user: ada,
                credential: session,
                expiresAt: later,
                workspace: WorkspaceID(id)
            ),
            .workspaceCookie("ada-there"): Principal(
                user: ada,
                credential: session,
                expiresAt: later,
                workspace: WorkspaceID("ws-ponmlkjihgfedcba")
            ),
            .bearer("carrel_enter"): Principal(user: ada, credential: .token(token, [.workspaces]), expiresAt: later),
            .bearer("carrel_observe"): Principal(user: ada, credential: .token(token, [.observe]), expiresAt: later),
        ]
    }

    // MARK: - What tests say often

    var path: String { "/w/\(Self.id)" }

    func connect() async throws -> RawConnection { try await RawConnection.connect(to: address) }

    /// One request on a connection of its own; the whole answer.
    func ask(_ request: String) async throws -> String {
        let connection = try await connect()
        try await connection.send(request)
        let answer = try await connection.takeMessage()
        await connection.close()
        return answer
    }

    /// A request of Ada's to her workspace.
    func request(_ rest: String = "/", method: String = "GET", headers: String = "", body: String = "") -> String {
        "\(method) \(path)\(rest) HTTP/1.1\r\nHost: work.test\r\nCookie: carrel=ada\r\n\(headers)\r\n\(body)"
    }

    /// Sends the bytes and returns everything until the gateway closes.
    func exchange(_ bytes: String) async throws -> String {
        let connection = try await connect()
        try await connection.send(bytes)
        let answer = await connection.untilEnd()
        await connection.close()
        return answer
    }
}
