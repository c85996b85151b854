import CarrelCore
import CarrelGateway
import Testing

/// Of the promises “Nothing leaks in”, “Nothing leaks across” and “Counted” (docs/gateway.md lists all) what no other
/// suite shows.
@Suite("Nothing leaks, everything counts", .timeLimit(.minutes(1)))
struct LeakAndCountTests {
    @Test("A tunnel's request takes no cookie of the hub's, no token and no forged header in either")
    func intoTunnels() async throws {
        try await GatewayFixture.withGateway(.init(workspace: TunnelTests.echo)) { fixture async throws in
            let connection = try await fixture.connect()
            let headers = TunnelTests.upgrade + HeaderRuleTests.forged
            try await connection.send(
                "GET \(fixture.path)/ws HTTP/1.1\r\nHost: work.test\r\nCookie: a=1; carrel=ada; carrel-flow=2\r\n"
                    + "Authorization: Bearer carrel_enter\r\n\(headers)\r\n"
            )
            #expect(try await connection.takeHead().hasPrefix("HTTP/1.1 101 "))
            let seen = fixture.workspace.requests[0]
            #expect(seen.headerValues("cookie") == ["a=1"])
            #expect(seen.headerValue("authorization") == nil)
            #expect(seen.headerValues("x-forwarded-for") == ["127.0.0.1"])
            #expect(seen.headerValues("x-carrel-user") == ["u-aaaaaaaaaaaaaaaa"])
            #expect(!seen.contains("evil") && !seen.contains("6.6.6.6") && !seen.contains("root"))
        }
    }

    private static let cookies = "Set-Cookie: a=1; Path=/; Domain=work.test\r\nset-cookie: carrel=stolen\r\n"

    @Test(
        "A response's Set-Cookie is confined to the workspace's path, whatever kind of response it is in",
        arguments: [
            "HTTP/1.1 200 OK\r\n\(cookies)Content-Length: 0\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\(cookies)\r\n0\r\n\r\n",
            "HTTP/1.1 304 Not Modified\r\n\(cookies)\r\n",
            "HTTP/1.1 103 Early Hints\r\n\(cookies)\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\(cookies)\r\n",
        ]
    )
    func cookiesAcross(_ response: String) async throws {
        let script: ScriptedServer.Script = { _, connection in
            _ = try await connection.takeHead()
            try await connection.send(response)
            _ = await connection.untilEnd()
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let connection = try await fixture.connect()
            let isTunnel = response.contains(" 101 ")
            try await connection.send(fixture.request(headers: isTunnel ? TunnelTests.upgrade : ""))
            let head = try await connection.takeHead()
            #expect(head.headerValues("set-cookie") == ["a=1; Path=\(fixture.path)/"])
        }
    }

    @Test("A tunnel is one open connection as long as it lasts, and its bytes are counted each way")
    func countedTunnel() async throws {
        try await GatewayFixture.withGateway(.init(workspace: TunnelTests.echo)) { fixture async throws in
            func counted() async throws -> Traffic { try #require(await fixture.gateway.traffic().values.first) }
            let connection = try await fixture.connect()
            try await connection.send(fixture.request("/ws", headers: TunnelTests.upgrade))
            #expect(try await connection.takeHead().hasPrefix("HTTP/1.1 101 "))
            let before = try await counted()
            #expect(before.open == 1)
            let text = String(repeating: "x", count: 100_000)
            async let sent: Void = connection.send(text)
            #expect(try await connection.take(count: text.utf8.count) == text)
            try await sent
            let after = try await counted()
            #expect(after.bytesIn == before.bytesIn + 100_000)
            #expect(after.bytesOut == before.bytesOut + 100_000)
            await connection.close()
            while try await counted().open > 0 { await Task.yield() }
        }
    }

    @Test("Polling of ignored paths keeps nobody alive, though it is counted in bytes")
    func polling() async throws {
        try await GatewayFixture.withGateway(.init(route: { $0.ignore = ["/api/status"] })) { fixture async throws in
            for _ in 0..<3 { _ = try await fixture.ask(fixture.request("/api/status")) }
            let counted = try #require(await fixture.gateway.traffic().values.first)
            #expect(counted.lastActiveAt == nil)
            #expect(counted.bytesIn > 0 && counted.bytesOut > 0)
        }
    }
}
