import CarrelCore
import CarrelGateway
import Logging
import NIOCore
import Testing

@Suite("Handing the hub and the listeners to another process", .timeLimit(.minutes(1)))
struct SuccessionTests {
    private static let home = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test("Requests to the hub wait while it changes hands; workspaces are served meanwhile")
    func hold() async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            #expect(await fixture.gateway.holdHub(patience: .seconds(20)))
            let waiting = try await fixture.connect()
            try await waiting.send(Self.home + Self.home)
            #expect(try await fixture.ask(fixture.request()).hasSuffix("hello"))
            #expect(fixture.hub.requests.isEmpty)
            await fixture.gateway.releaseHub()
            for _ in 0..<2 { #expect(try await waiting.takeMessage().hasSuffix("hub")) }
            await waiting.close()
        }
    }

    @Test("A request with a long body waits whole, and goes on whole")
    func longBody() async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            #expect(await fixture.gateway.holdHub(patience: .seconds(20)))
            let waiting = try await fixture.connect()
            let body = String(repeating: "x", count: 1_000_000)
            async let sent: Void = waiting.send(
                "POST /sign-in/here HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.count)\r\n\r\n\(body)"
            )
            #expect(try await fixture.ask(fixture.request()).hasSuffix("hello"))
            await fixture.gateway.releaseHub()
            #expect(try await waiting.takeMessage().hasSuffix("hub"))
            try await sent
            #expect(fixture.hub.requests.first?.hasSuffix("\r\n\r\n" + body) == true)
            await waiting.close()
        }
    }

    @Test("The hub has answered everything that it was asked before it changes hands")
    func answered() async throws {
        let (begins, began) = AsyncStream.makeStream(of: Void.self)
        let (gates, gate) = AsyncStream.makeStream(of: Void.self)
        let script: ScriptedServer.Script = { _, connection in
            _ = try await connection.takeHead()
            began.yield()
            for await _ in gates { break }
            try await connection.send(ScriptedServer.ok("hub"))
        }
        try await GatewayFixture.withGateway(.init(hub: script)) { fixture async throws in
            let asking = try await fixture.connect()
            try await asking.send(Self.home)
            for await _ in begins { break }
            #expect(await !fixture.gateway.holdHub(patience: .milliseconds(20)), "it has not answered yet")
            async let isAnswered = fixture.gateway.holdHub(patience: .seconds(20))
            gate.yield()
            #expect(await isAnswered)
            #expect(try await asking.takeMessage().hasSuffix("hub"))
            await fixture.gateway.releaseHub()
            await asking.close()
        }
    }

    /// A gateway of the same listener at `host`, without a hub.
    private static func heir(at host: String) -> Gateway {
        let listener = GatewayConfiguration.Listener(
            name: "users",
            host: host,
            port: 0,
            publicOrigin: nil,
            hubSocket: "/nowhere",
            servesWorkspaces: true,
            sessionCookie: "carrel"
        )
        return Gateway(
            configuration: .init(listeners: [listener]),
            questions: .init(authorize: { _ in nil }, resolve: { _ in false }),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    @Test("Who waits to be accepted is served by the gateway that takes the sockets over")
    func sockets() async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            let heir = Self.heir(at: "127.0.0.1")
            let addresses = try await heir.start(accepting: false, inherited: fixture.gateway.listeningSockets())
            #expect(addresses["users"] == fixture.address)
            await fixture.gateway.shutdown(drain: .zero)
            let waiting = try await fixture.connect()
            try await waiting.send(Self.home)
            await heir.accept()
            #expect(try await waiting.takeMessage().hasPrefix("HTTP/1.1 503 "), "it has no hub, but it answers")
            await waiting.close()
            await heir.shutdown(drain: .zero)
        }
    }

    @Test("A socket of another address than the configured one is not used, and closed")
    func otherAddress() async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            let heir = Self.heir(at: "::1")
            let addresses = try await heir.start(inherited: fixture.gateway.listeningSockets())
            #expect(addresses["users"]?.ipAddress == "::1")
            await heir.shutdown(drain: .zero)
            #expect(try await fixture.ask(fixture.request()).hasSuffix("hello"))
        }
    }

    @Test("A connection that is kept alive has one more answer while the gateway shuts down, with Connection: close")
    func oneMore() async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            let kept = try await fixture.connect()
            try await kept.send(fixture.request())
            _ = try await kept.takeMessage()
            async let down: Void = fixture.gateway.shutdown(drain: .seconds(20), idle: .seconds(20))
            await fixture.refusesConnections()
            try await kept.send(fixture.request())
            let answer = await kept.untilEnd()
            #expect(answer.hasSuffix("hello"))
            #expect(answer.headerValue("connection") == "close")
            await kept.close()
            await down
        }
    }

    @Test("A shutdown that was to take long is hastened")
    func hastened() async throws {
        try await GatewayFixture.withGateway(.init(workspace: TunnelTests.echo)) { fixture async throws in
            let tunnel = try await fixture.connect()
            try await tunnel.send(fixture.request(headers: TunnelTests.upgrade))
            _ = try await tunnel.takeHead()
            async let down: Void = fixture.gateway.shutdown(drain: .seconds(3600))
            await fixture.refusesConnections()
            fixture.gateway.hasten(to: .milliseconds(10))
            _ = await tunnel.untilEnd()
            await tunnel.close()
            await down
        }
    }
}

extension GatewayFixture {
    /// Returns once nobody new is let in.
    fileprivate func refusesConnections() async {
        while let connection = try? await connect() { await connection.close() }
    }
}
