import CarrelCore
import CarrelGateway
import NIOCore
import Testing

/// The other rows of the table in docs/gateway.md, “When an upstream fails”.
@Suite("An upstream whose answers are wrong", .timeLimit(.minutes(1)))
struct UpstreamAnswerTests {
    private static func answering(_ bytes: String) -> ScriptedServer.Script {
        { server, connection in
            server.note(try await connection.takeHead())
            try await connection.send(bytes)
            _ = await connection.untilEnd()
        }
    }

    @Test(
        "A response that two readers could end in different places is a 502",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
            "HTTP/1.1 103 Hints\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nX: \u{0}\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello",
        ]
    )
    func ambiguous(_ bytes: String) async throws {
        try await GatewayFixture.withGateway(.init(workspace: Self.answering(bytes))) { fixture async throws in
            #expect(try await fixture.ask(fixture.request()).hasPrefix("HTTP/1.1 502 "))
        }
    }

    @Test("A head that is too long, or has too many lines, is a 502, whether or not it ends")
    func oversized() async throws {
        for lines in [
            "X: \(String(repeating: "x", count: 70_000))\r\n\r\n", "X: \(String(repeating: "x", count: 140_000))",
            String(repeating: "X: y\r\n", count: 300) + "\r\n",
        ] {
            let script = Self.answering("HTTP/1.1 200 OK\r\n" + lines)
            try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
                #expect(try await fixture.ask(fixture.request()).hasPrefix("HTTP/1.1 502 "))
            }
        }
    }

    @Test("A flood of interim responses ends with a 502 once they are as long together as one head may be")
    func interimFlood() async throws {
        let script: ScriptedServer.Script = { _, connection in
            _ = try await connection.takeHead()
            while true { try await connection.send(String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 100)) }
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let answer = try await fixture.exchange(fixture.request(headers: "Connection: close\r\n"))
            #expect(answer.ranges(of: "HTTP/1.1 502 ").count == 1)
            #expect(answer.ranges(of: "HTTP/1.1 100 ").count * 25 <= 65_536)
        }
    }

    @Test(
        "What has no body and sends one is answered without, and the connection is given to nobody else",
        arguments: [("HEAD", "200 OK"), ("GET", "204 No Content"), ("GET", "304 Not Modified")]
    )
    func bodiless(_ method: String, _ status: String) async throws {
        let script: ScriptedServer.Script = { server, connection in
            let request = try await connection.takeMessage()
            server.note(request)
            let isLast = request.contains("/last ")
            try await connection.send(
                isLast ? ScriptedServer.ok() : "HTTP/1.1 \(status)\r\nContent-Length: 6\r\n\r\npoison"
            )
            _ = await connection.untilEnd()
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let connection = try await fixture.connect()
            try await connection.send(fixture.request(method: method))
            let head = try await connection.takeHead()
            #expect(head.hasPrefix("HTTP/1.1 \(status)\r\n"))
            // RFC 9110 section 8.6: none with 204.
            #expect(head.headerValue("content-length") == (status.hasPrefix("204") ? nil : "6"))
            try await connection.send(fixture.request("/last"))
            #expect(try await connection.takeMessage().hasSuffix("\r\n\r\nhello"))
            #expect(fixture.workspace.connections == 2)
        }
    }

    @Test("Bytes behind a response that fills a read to its brim reach no other request")
    func brim() async throws {
        // The gateway's first read of a connection has room for so many bytes.
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 2001\r\nX: y\r\n\r\n"
        let whole = head + String(repeating: "x", count: 2001)
        #expect(whole.utf8.count == 2048)
        let script: ScriptedServer.Script = { server, connection in
            let request = try await connection.takeMessage()
            server.note(request)
            let isFirst = request.contains("/1 ")
            try await connection.send(isFirst ? whole + ScriptedServer.ok("poison") : ScriptedServer.ok("sound"))
            _ = await connection.untilEnd()
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let connection = try await fixture.connect()
            try await connection.send(fixture.request("/1") + fixture.request("/2"))
            #expect(try await connection.takeMessage().hasSuffix("xxx"))
            #expect(try await connection.takeMessage().hasSuffix("\r\n\r\nsound"))
        }
    }

    @Test("A server that closed all its pooled connections is asked once more, on a new one")
    func allStale() async throws {
        let (all, count) = (Gate(), 6)
        let script: ScriptedServer.Script = { server, connection in
            let isOld = server.connections <= count
            server.note(try await connection.takeMessage())
            if server.requests.count >= count { all.open() }
            await all.passed()
            try await connection.send(ScriptedServer.ok("first"))
            server.note(try await connection.takeMessage())
            if !isOld { try await connection.send(ScriptedServer.ok("second")) }
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            var clients: [RawConnection] = []
            for _ in 0..<count { clients.append(try await fixture.connect()) }
            for client in clients { try await client.send(fixture.request()) }
            for client in clients { _ = try await client.takeMessage() }
            try await clients[0].send(fixture.request())
            #expect(try await clients[0].takeMessage().hasSuffix("\r\n\r\nfirst"))
            #expect(fixture.workspace.connections == count + 1)
            for client in clients { await client.close() }
        }
    }

    @Test("A hub that answers garbage is a 502 that does not blame the workspace")
    func hubGarbage() async throws {
        try await GatewayFixture.withGateway(.init(hub: Self.answering("garbage\r\n\r\n"))) { fixture async throws in
            let answer = try await fixture.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 502 "))
            #expect(answer.contains("\"code\":\"internal\""))
        }
    }

    @Test("Every answer of the gateway's own is a page where a page is asked for")
    func pages() async throws {
        let limits = GatewayConfiguration.Limits(idleTimeout: .milliseconds(200))
        let silent: ScriptedServer.Script = { _, connection in _ = await connection.untilEnd() }
        try await GatewayFixture.withGateway(.init(limits: limits, hub: silent, workspace: silent)) {
            fixture async throws in
            for request in [
                fixture.request(headers: "Accept: text/html\r\n"),
                "GET / HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n",
            ] {
                let answer = try await fixture.ask(request)
                #expect(answer.hasPrefix("HTTP/1.1 504 "))
                #expect(answer.headerValue("content-type") == "text/html; charset=utf-8")
            }
        }
    }
}
