import CarrelCore
import CarrelGateway
import NIOCore
import Testing

@Suite("Trouble with an upstream", .timeLimit(.minutes(1)))
struct UpstreamTroubleTests {
    static let unreachable = Endpoint.unix(path: "/nonexistent/carrel-test")

    @Test("A refused connection is a 502, told as a page or as a problem document")
    func refused() async throws {
        try await GatewayFixture.withGateway(.init(route: { $0.endpoint = Self.unreachable })) { fixture async throws in
            let problem = try await fixture.ask(fixture.request())
            #expect(problem.hasPrefix("HTTP/1.1 502 "))
            #expect(problem.headerValue("content-type") == "application/problem+json")
            #expect(problem.contains("\"code\":\"app-failed\"") && problem.contains("\"requestId\":\""))
            let page = try await fixture.ask(fixture.request(headers: "Accept: text/html\r\n"))
            #expect(page.headerValue("content-type")?.hasPrefix("text/html") == true)
        }
    }

    @Test("A hub that is not there is a 503 that says when to come again")
    func hubDown() async throws {
        try await GatewayFixture.withGateway(.init(listener: { $0.hubSocket = "/nonexistent/carrel-test" })) {
            fixture async throws in
            let answer = try await fixture.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 503 "))
            #expect(answer.headerValue("retry-after") != nil)
        }
    }

    @Test(
        "Garbage for a response is a 502",
        arguments: [
            "garbage\r\n\r\n", "HTTP/1.1 200 OK\nX: y\n\n", "HTTP/1.1 200 OK\r\nX : y\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "",
        ]
    )
    func garbage(_ bytes: String) async throws {
        let script: ScriptedServer.Script = { _, connection in
            _ = try await connection.takeHead()
            try await connection.send(bytes)
            if !bytes.isEmpty { _ = await connection.untilEnd() }
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            #expect(try await fixture.ask(fixture.request()).hasPrefix("HTTP/1.1 502 "))
        }
    }

    @Test("A body cut short ends the client's connection before its time")
    func cut() async throws {
        let script: ScriptedServer.Script = { _, connection in
            _ = try await connection.takeHead()
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort")
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            #expect(try await fixture.exchange(fixture.request()).hasSuffix("\r\n\r\nshort"))
        }
    }

    /// Answers once, then closes at the next request without a word, on its first connection only.
    static let stale: ScriptedServer.Script = { server, connection in
        let isFirst = server.connections == 1
        server.note(try await connection.takeMessage())
        try await connection.send(ScriptedServer.ok("first"))
        server.note(try await connection.takeMessage())
        if isFirst { return }
        try await connection.send(ScriptedServer.ok("second"))
    }

    @Test("A pooled connection that closes just as it is reused is replaced once, for what may be sent twice")
    func replaced() async throws {
        let script: ScriptedServer.Script = { server, connection in
            let isFirst = server.connections == 1
            server.note(try await connection.takeMessage())
            try await connection.send(ScriptedServer.ok())
            server.note(try await connection.takeMessage())
            if !isFirst { try await connection.send(ScriptedServer.ok()) }
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let connection = try await fixture.connect()
            for _ in 0..<2 {
                try await connection.send(fixture.request())
                #expect(try await connection.takeMessage().hasSuffix("hello"))
            }
            #expect(fixture.workspace.connections == 2)
            #expect(fixture.workspace.requests.count == 3)
        }
    }

    @Test("What may not be sent twice is not")
    func notReplaced() async throws {
        try await GatewayFixture.withGateway(.init(workspace: Self.stale)) { fixture async throws in
            let connection = try await fixture.connect()
            try await connection.send(fixture.request())
            #expect(try await connection.takeMessage().hasSuffix("first"))
            try await connection.send(fixture.request(method: "POST", headers: "Content-Length: 1\r\n", body: "x"))
            #expect(try await connection.takeMessage().hasPrefix("HTTP/1.1 502 "))
            #expect(fixture.workspace.requests.count == 2)
        }
    }

    @Test("A connection with bytes left over is given to nobody else")
    func leftOver() async throws {
        let script: ScriptedServer.Script = { server, connection in
            server.note(try await connection.takeMessage())
            try await connection.send(ScriptedServer.ok("one") + ScriptedServer.ok("poison"))
            _ = await connection.untilEnd()
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            for _ in 0..<2 { #expect(try await fixture.ask(fixture.request()).hasSuffix("\r\n\r\none")) }
            #expect(fixture.workspace.connections == 2)
        }
    }

    @Test("More requests than may wait for a workspace are answered with 503")
    func queue() async throws {
        let limits = GatewayConfiguration.Limits(queuePerUpstream: 0)
        try await GatewayFixture.withGateway(.init(limits: limits)) { fixture async throws in
            let answer = try await fixture.ask(fixture.request())
            #expect(answer.hasPrefix("HTTP/1.1 503 "))
            #expect(answer.headerValue("retry-after") != nil)
            #expect(fixture.workspace.requests.isEmpty)
        }
    }

    @Test("A workspace that never answers is a 504")
    func late() async throws {
        let script: ScriptedServer.Script = { _, connection in _ = await connection.untilEnd() }
        let limits = GatewayConfiguration.Limits(idleTimeout: .milliseconds(200))
        try await GatewayFixture.withGateway(.init(limits: limits, workspace: script)) { fixture async throws in
            #expect(try await fixture.ask(fixture.request()).hasPrefix("HTTP/1.1 504 "))
        }
    }

    @Test("A client that goes away takes its request with it")
    func gone() async throws {
        let (ends, ended) = AsyncStream.makeStream(of: Void.self)
        let (begins, began) = AsyncStream.makeStream(of: Void.self)
        let script: ScriptedServer.Script = { _, connection in
            _ = try await connection.takeHead()
            began.yield()
            _ = await connection.untilEnd()
            ended.yield()
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let connection = try await fixture.connect()
            try await connection.send(fixture.request())
            for await _ in begins { break }
            #expect(await fixture.gateway.traffic().values.first?.open == 1)
            await connection.close()
            for await _ in ends { break }
            #expect(await fixture.gateway.traffic().values.first?.open == 0)
        }
    }
}
