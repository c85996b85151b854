import CarrelCore
import CarrelGateway
import CarrelTesting
import NIOCore
import Testing

@Suite("Tunnels", .timeLimit(.minutes(1)))
struct TunnelTests {
    static let upgrade =
        "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: v1.kernel\r\n"
        + "Sec-WebSocket-Extensions: permessage-deflate\r\n"
    static let switching =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Protocol: v1.kernel\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"

    /// Switches, then sends back whatever comes.
    static let echo: ScriptedServer.Script = { server, connection in
        server.note(try await connection.takeHead())
        try await connection.send(switching)
        while true { try await connection.send(Array(connection.take { $0.isEmpty ? nil : $0.count }.utf8)) }
    }

    private static func open(_ fixture: GatewayFixture, _ path: String = "/ws") async throws -> RawConnection {
        let connection = try await fixture.connect()
        try await connection.send(fixture.request(path, headers: upgrade))
        let head = try await connection.takeHead()
        #expect(head.hasPrefix("HTTP/1.1 101 "))
        #expect(head.headerValue("connection") == "Upgrade")
        #expect(head.headerValue("upgrade") == "websocket")
        #expect(head.headerValue("sec-websocket-extensions") == "permessage-deflate")
        return connection
    }

    @Test("After a 101 bytes pass both ways, subprotocol and extensions untouched")
    func tunnel() async throws {
        try await GatewayFixture.withGateway(.init(workspace: Self.echo)) { fixture async throws in
            let connection = try await Self.open(fixture)
            try await connection.send("anything at all\r\n\r\n")
            #expect(try await connection.take(count: 19) == "anything at all\r\n\r\n")
            let request = fixture.workspace.requests[0]
            #expect(request.headerValues("connection") == ["Upgrade"])
            #expect(request.headerValue("sec-websocket-protocol") == "v1.kernel")
            #expect(request.headerValue("sec-websocket-key") == "dGhlIHNhbXBsZSBub25jZQ==")
            #expect(request.headerValue("cookie") == nil)
        }
    }

    @Test("What a client sends before the 101 reaches the tunnel only after it, and is no request")
    func early() async throws {
        let script: ScriptedServer.Script = { server, connection in
            server.note(try await connection.takeHead())
            try await connection.send(Self.switching + "welcome")
            server.note(try await connection.take { $0.count >= 5 ? $0.count : nil })
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let connection = try await fixture.connect()
            try await connection.send(fixture.request(headers: Self.upgrade) + "GET / HTTP/1.1\r\n\r\n")
            #expect(try await connection.takeHead().hasPrefix("HTTP/1.1 101 "))
            #expect(try await connection.take(count: 7) == "welcome")
            _ = await connection.untilEnd()
            #expect(fixture.workspace.requests[1] == "GET / HTTP/1.1\r\n\r\n")
            #expect(fixture.hub.requests.isEmpty)
        }
    }

    @Test("An upgrade that the workspace refuses is an ordinary exchange")
    func refused() async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            let connection = try await fixture.connect()
            try await connection.send(fixture.request(headers: Self.upgrade) + fixture.request("/next"))
            for _ in 0..<2 { #expect(try await connection.takeMessage().hasSuffix("hello")) }
        }
    }

    @Test("After a refused upgrade the upstream's connection is used for nothing else")
    func refusedUpstream() async throws {
        let script: ScriptedServer.Script = { server, connection in
            server.note(try await connection.takeHead())
            try await connection.send(ScriptedServer.ok())
            // As servers do that take what follows for the other protocol's.
            _ = await connection.untilEnd()
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let connection = try await fixture.connect()
            for request in [fixture.request(headers: Self.upgrade), fixture.request("/next")] {
                try await connection.send(request)
                #expect(try await connection.takeMessage().hasSuffix("hello"))
            }
            #expect(fixture.workspace.connections == 2)
        }
    }

    @Test("Clear-text HTTP/2 is not offered on")
    func h2c() async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            let headers = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
            #expect(try await fixture.ask(fixture.request(headers: headers)).hasSuffix("hello"))
            #expect(fixture.workspace.requests[0].headerValue("upgrade") == nil)
            #expect(fixture.workspace.requests[0].headerValue("http2-settings") == nil)
        }
    }

    @Test("A side that ends its sending is still sent to")
    func halfClosed() async throws {
        let script: ScriptedServer.Script = { _, connection in
            _ = try await connection.takeHead()
            try await connection.send(Self.switching)
            let all = await connection.untilEnd()
            try await connection.send("got \(all)")
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let connection = try await Self.open(fixture)
            try await connection.send("all of it")
            try await connection.channel.close(mode: .output)
            #expect(await connection.untilEnd() == "got all of it")
        }
    }

    @Test("Only data frames of the client are activity, on an ignored path too")
    func activity() async throws {
        let setting = GatewayFixture.Setting(route: { $0.ignore = ["/ws"] }, workspace: Self.echo)
        try await GatewayFixture.withGateway(setting) { fixture async throws in
            func lastActive() async -> Timestamp? { await fixture.gateway.traffic().values.first?.lastActiveAt }
            let connection = try await Self.open(fixture)
            let quiet: [[UInt8]] = [
                [0x89, 0x80, 1, 2, 3, 4], [0x8A, 0x81, 1, 2, 3, 4, 0x81], [0x88, 0x82, 0, 0, 0, 0, 3, 0xE8],
            ]
            for frame in quiet {
                try await connection.send(frame)
                _ = try await connection.take { $0.isEmpty ? nil : $0.count }
            }
            #expect(await lastActive() == nil)
            fixture.clock.advance(by: .seconds(60))
            for byte in [0x82, 0xFE, 0, 3, 1, 2, 3, 4, 0x81, 0x82, 0x83] as [UInt8] {
                try await connection.send([byte])
            }
            _ = try await connection.take { $0.count >= 7 ? $0.count : nil }
            #expect(await lastActive() == fixture.clock.now())
        }
    }

    @Test("Withdrawing the route closes its WebSockets with 1001")
    func withdrawn() async throws {
        try await GatewayFixture.withGateway(.init(workspace: Self.echo)) { fixture async throws in
            let connection = try await Self.open(fixture)
            let workspace = try #require(WorkspaceID(GatewayFixture.id))
            await fixture.gateway.withdraw(workspace)
            let frame = try await connection.take { $0.count >= 4 ? 4 : nil }
            #expect(Array(frame.unicodeScalars.prefix(1)) == ["\u{FFFD}"])
            #expect(await fixture.gateway.traffic().isEmpty)
        }
    }

    @Test("A revoked session closes its WebSockets with 1008, and nobody else's")
    func revoked() async throws {
        try await GatewayFixture.withGateway(.init(workspace: Self.echo)) { fixture async throws in
            let mine = try await Self.open(fixture)
            let token = try await fixture.connect()
            let request = "GET \(fixture.path)/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer carrel_enter\r\n"
            try await token.send(request + Self.upgrade + "\r\n")
            _ = try await token.takeHead()
            fixture.who.revoke(.cookie("ada"))
            await fixture.gateway.credentialsChanged()
            let expected = Array([0x88, 0x02, 0x03, 0xF0] as [UInt8])
            #expect(await mine.untilEnd() == String(decoding: expected, as: UTF8.self))
            try await token.send("still here")
            #expect(try await token.take(count: 10) == "still here")
        }
    }

    @Test("A session that expires closes its WebSockets")
    func expired() async throws {
        let limits = GatewayConfiguration.Limits(headerTimeout: .seconds(3))
        try await GatewayFixture.withGateway(.init(limits: limits, workspace: Self.echo)) { fixture async throws in
            let connection = try await Self.open(fixture)
            fixture.clock.advance(by: .seconds(43_200))
            _ = await connection.untilEnd()
        }
    }
}
