import CarrelCore
import CarrelGateway
import Logging
import NIOCore
import Testing

@Suite("Listening, and its bounds", .timeLimit(.minutes(1)))
struct ListeningTests {
    @Test("An address in use is told by name, and nothing is left bound")
    func portInUse() async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            let taken = try #require(fixture.address.port)
            func listener(_ name: String, _ port: Int) -> GatewayConfiguration.Listener {
                .init(
                    name: name,
                    host: "127.0.0.1",
                    port: port,
                    publicOrigin: nil,
                    hubSocket: "/x",
                    servesWorkspaces: true,
                    sessionCookie: "c"
                )
            }
            let free = try await fixture.freePort()
            func gateway(_ ports: [Int]) -> Gateway {
                Gateway(
                    configuration: .init(listeners: ports.map { listener("l\($0)", $0) }),
                    questions: .init(authorize: { _ in nil }, resolve: { _ in false }),
                    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                )
            }
            let error = await #expect(throws: CarrelError.self) { try await gateway([free, taken]).start() }
            #expect(error?.message.contains("127.0.0.1:\(taken)") == true)
            #expect(error?.message.contains("in use") == true)
            let second = gateway([free])
            _ = try await second.start()
            await second.shutdown(drain: .zero)
        }
    }

    @Test("A head that is too long, or has too many lines, is refused")
    func headBounds() async throws {
        let limits = GatewayConfiguration.Limits(headBytes: 2000, headerCount: 20)
        try await GatewayFixture.withGateway(.init(limits: limits)) { fixture async throws in
            let long = String(repeating: "x", count: 3000)
            #expect(try await fixture.exchange("GET /\(long)").hasPrefix("HTTP/1.1 414 "))
            let field = fixture.request(headers: "X: \(long)\r\n")
            #expect(try await fixture.exchange(field).hasPrefix("HTTP/1.1 431 "))
            let many = fixture.request(headers: String(repeating: "X: y\r\n", count: 30))
            #expect(try await fixture.exchange(many).hasPrefix("HTTP/1.1 431 "))
            #expect(fixture.workspace.requests.isEmpty)
        }
    }

    @Test("A head that takes too long is a 408, a connection that says nothing is closed")
    func slowHead() async throws {
        let limits = GatewayConfiguration.Limits(headerTimeout: .seconds(1))
        try await GatewayFixture.withGateway(.init(limits: limits)) { fixture async throws in
            #expect(try await fixture.exchange("GET / HTTP/1.1\r\nHost:").hasPrefix("HTTP/1.1 408 "))
            #expect(try await fixture.exchange("").isEmpty)
        }
    }

    @Test("More connections than a client may have are answered with 429")
    func connections() async throws {
        let limits = GatewayConfiguration.Limits(connectionsPerClient: 2)
        try await GatewayFixture.withGateway(.init(limits: limits)) { fixture async throws in
            let first = try await fixture.connect()
            try await first.send(fixture.request())
            _ = try await first.takeMessage()
            let second = try await fixture.connect()
            try await second.send(fixture.request())
            _ = try await second.takeMessage()
            #expect(try await fixture.exchange("").hasPrefix("HTTP/1.1 429 "))
            await fixture.gateway.reload(limits: .init(connectionsPerClient: 20))
            #expect(try await fixture.ask(fixture.request()).hasSuffix("hello"))
        }
    }

    @Test("Shutting down lets a request finish and closes what is idle")
    func drain() async throws {
        let (begins, began) = AsyncStream.makeStream(of: Void.self)
        let (gates, gate) = AsyncStream.makeStream(of: Void.self)
        let script: ScriptedServer.Script = { _, connection in
            _ = try await connection.takeHead()
            began.yield()
            for await _ in gates { break }
            try await connection.send(ScriptedServer.ok())
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let idle = try await fixture.connect()
            try await idle.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try await idle.takeMessage()
            let busy = try await fixture.connect()
            try await busy.send(fixture.request())
            for await _ in begins { break }
            async let down: Void = fixture.gateway.shutdown(drain: .seconds(20))
            _ = await idle.untilEnd()
            gate.yield()
            let answer = await busy.untilEnd()
            #expect(answer.hasSuffix("hello"))
            #expect(answer.headerValue("connection") == "close")
            await busy.close()
            await down
        }
    }

    @Test("Shutting down cuts off what does not end in its time")
    func cutOff() async throws {
        try await GatewayFixture.withGateway(.init(workspace: TunnelTests.echo)) { fixture async throws in
            let connection = try await fixture.connect()
            try await connection.send(fixture.request(headers: TunnelTests.upgrade))
            _ = try await connection.takeHead()
            await fixture.gateway.shutdown(drain: .milliseconds(50))
            _ = await connection.untilEnd()
        }
    }

    @Test("A trusted proxy that is no address is refused by name")
    func badProxy() async throws {
        let error = await #expect(throws: CarrelError.self) {
            try await GatewayFixture.withGateway(.init(listener: { $0.trustedProxies = ["10.0.0.0/33"] })) { _ in }
        }
        #expect(error?.message.contains("10.0.0.0/33") == true)
    }
}

extension GatewayFixture {
    /// One that was free a moment ago.
    func freePort() async throws -> Int {
        try await ScriptedServer.serve(at: SocketAddress(ipAddress: "127.0.0.1", port: 0), { _, _ in }) { _, address in
            try #require(address.port)
        }
    }
}
