import CarrelCore
import CarrelGateway
import NIOCore
import NIOPosix
import Testing

/// The rows of the table in docs/gateway.md, “When an upstream fails”.
@Suite("An upstream that breaks off", .timeLimit(.minutes(1)))
struct UpstreamBreakTests {
    enum Break: CaseIterable { case end, reset }

    /// Sends what there is of a response, and breaks off once the client has seen the last of it.
    private static func breaking(_ bytes: String, by way: Break, after gate: Gate? = nil) -> ScriptedServer.Script {
        { server, connection in
            server.note(try await connection.takeHead())
            try await connection.send(bytes)
            await gate?.passed()
            if way == .reset { await connection.reset() }
        }
    }

    @Test("Before or within a head it is a 502, and the request is not sent again", arguments: Break.allCases)
    func head(_ way: Break) async throws {
        for bytes in ["", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", "HTTP/1.1 100 Continue\r\n\r\n"] {
            let script = Self.breaking(bytes, by: way)
            try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
                let answer = try await fixture.exchange(fixture.request(headers: "Connection: close\r\n"))
                #expect(answer.ranges(of: "HTTP/1.1 502 ").count == 1, "\(bytes)")
                #expect(fixture.workspace.connections == 1)
            }
        }
    }

    static let bodies = [
        "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\npart",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\npart",
    ]

    @Test("Within a body the client's connection is reset, and nothing says that the body is whole", arguments: bodies)
    func body(_ bytes: String) async throws {
        for way in Break.allCases {
            let gate = Gate()
            try await GatewayFixture.withGateway(.init(workspace: Self.breaking(bytes, by: way, after: gate))) {
                fixture async throws in
                let connection = try await fixture.connect()
                try await connection.send(fixture.request())
                let head = try await connection.takeHead()
                #expect(head.hasPrefix("HTTP/1.1 200 "))
                _ = try await connection.take { _ in bytes.hasSuffix("9\r\npart") ? 7 : 4 }
                gate.open()
                #expect(!(await connection.untilEnd()).contains("0\r\n\r\n"))
                #expect(connection.wasReset)
            }
        }
    }

    private static let endless = "HTTP/1.1 200 OK\r\nX: y\r\n\r\npart"

    @Test("A body without a length that ends in good order reaches a client in chunks, and the connection goes on")
    func withoutLength() async throws {
        let script = Self.breaking(Self.endless, by: .end)
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let connection = try await fixture.connect()
            for _ in 0..<2 {
                try await connection.send(fixture.request())
                let head = try await connection.takeHead()
                #expect(head.headerValues("transfer-encoding") == ["chunked"])
                #expect(head.headerValue("connection") == nil)
                #expect(try await connection.take(count: 14) == "4\r\npart\r\n0\r\n\r\n")
            }
        }
    }

    @Test("A body without a length that is reset has no last chunk, and the client's connection is reset")
    func withoutLengthReset() async throws {
        let gate = Gate()
        try await isCutOff(after: gate, Self.breaking(Self.endless, by: .reset, after: gate))
    }

    /// The client gets the first chunk, and once the gate is open nothing but a reset.
    private func isCutOff(after gate: Gate, _ script: @escaping ScriptedServer.Script) async throws {
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let connection = try await fixture.connect()
            try await connection.send(fixture.request())
            _ = try await connection.takeHead()
            #expect(try await connection.take(count: 9) == "4\r\npart\r\n")
            gate.open()
            #expect(await connection.untilEnd().isEmpty)
            #expect(connection.wasReset)
        }
    }

    @Test("For HTTP/1.0 the end of the connection is the body's, and a reset is an error", arguments: Break.allCases)
    func old(_ way: Break) async throws {
        let gate = Gate()
        let script = Self.breaking(Self.endless, by: way, after: gate)
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let connection = try await fixture.connect()
            try await connection.send(fixture.request().replacing("HTTP/1.1", with: "HTTP/1.0"))
            let head = try await connection.takeHead()
            #expect(head.headerValue("transfer-encoding") == nil)
            #expect(try await connection.take(count: 4) == "part")
            gate.open()
            #expect(await connection.untilEnd().isEmpty)
            #expect(connection.wasReset == (way == .reset))
        }
    }

    @Test("A broken chunk is passed on to nobody: the client's connection is reset")
    func brokenChunk() async throws {
        let gate = Gate()
        let script: ScriptedServer.Script = { _, connection in
            _ = try await connection.takeHead()
            try await connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n")
            await gate.passed()
            try await connection.send("4\r\npartX\r\n0\r\n\r\n")
            _ = await connection.untilEnd()
        }
        try await isCutOff(after: gate, script)
    }

    @Test("An HTTP/1.0 client gets the content of chunks without the chunks")
    func outOfChunks() async throws {
        let script: ScriptedServer.Script = { _, connection in
            _ = try await connection.takeHead()
            try await connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n5;a=b\r")
            try await connection.send("\n two\n\r\n0\r\nX: y\r\n\r\n")
            _ = await connection.untilEnd()
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let answer = try await fixture.exchange(fixture.request().replacing("HTTP/1.1", with: "HTTP/1.0"))
            #expect(answer.headerValue("transfer-encoding") == nil)
            #expect(answer.headerValue("connection") == "close")
            #expect(answer.hasSuffix("\r\n\r\npart two\n"))
        }
    }

    @Test("An upstream that sends no more, though it would still read, has not answered: 502")
    func halfClosed() async throws {
        let script: ScriptedServer.Script = { _, connection in
            _ = try await connection.takeHead()
            try await connection.channel.close(mode: .output)
            _ = await connection.untilEnd()
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            #expect(try await fixture.ask(fixture.request()).hasPrefix("HTTP/1.1 502 "))
        }
    }

    @Test("An upstream that does not accept a connection in time is a 504")
    func slowToAccept() async throws {
        // Nobody accepts, and the kernel keeps one connection only: the next one's SYN is dropped.
        let listening = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 0)
            .serverChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0).get()
        let address = try #require(listening.localAddress)
        let filling = try await RawConnection.connect(to: address)
        var limits = GatewayConfiguration.Limits()
        limits.connectTimeout = .milliseconds(200)
        let port = try #require(address.port)
        let setting = GatewayFixture.Setting(
            limits: limits,
            route: { $0.endpoint = .tcp(host: "127.0.0.1", port: port) }
        )
        try await GatewayFixture.withGateway(setting) { fixture async throws in
            let answer = try await fixture.ask(fixture.request())
            #expect(answer.hasPrefix("HTTP/1.1 504 "))
            #expect(answer.headerValue("content-type") == "application/problem+json")
        }
        await filling.close()
        try await listening.close()
    }
}
