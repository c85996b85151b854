import CarrelCore
import CarrelGateway
import Testing

/// The rows of the table in docs/gateway.md, “Bounds”, that ListeningTests and the corpus do not have.
@Suite("Bounds", .timeLimit(.minutes(1)))
struct BoundTests {
    @Test("A body that is longer than allowed is a 413 of which the workspace gets nothing")
    func body() async throws {
        let limits = GatewayConfiguration.Limits(bodyBytes: 10)
        try await GatewayFixture.withGateway(.init(limits: limits)) { fixture async throws in
            let told = fixture.request(method: "PUT", headers: "Content-Length: 11\r\n")
            let answer = try await fixture.exchange(told)
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
            #expect(answer.headerValue("connection") == "close")
            #expect(fixture.workspace.requests.isEmpty)
            let allowed = fixture.request(method: "PUT", headers: "Content-Length: 10\r\n", body: "0123456789")
            #expect(try await fixture.ask(allowed).hasSuffix("hello"))
        }
    }

    @Test("Chunks beyond what is allowed break the request off: the workspace never gets its end")
    func chunks() async throws {
        let recording = RecordingUpstream()
        let setting = GatewayFixture.Setting(
            limits: .init(bodyBytes: 20),
            workspace: recording.script(Array(ScriptedServer.ok().utf8))
        )
        try await GatewayFixture.withGateway(setting) { fixture async throws in
            let connection = try await fixture.connect()
            try await connection.send(fixture.request(method: "PUT", headers: "Transfer-Encoding: chunked\r\n"))
            for _ in 0..<3 { try? await connection.send("5\r\nhello\r\n") }
            #expect(await connection.untilEnd().hasPrefix("HTTP/1.1 413 "))
            await connection.close()
            await fixture.gateway.shutdown(drain: .zero)
            await recording.ended()
            #expect(recording.wholeRequests == 0)
        }
    }

    @Test("A body that stops coming is a 408, and the workspace never gets its end")
    func slowBody() async throws {
        let recording = RecordingUpstream()
        let setting = GatewayFixture.Setting(
            limits: .init(idleTimeout: .milliseconds(200)),
            workspace: recording.script(Array(ScriptedServer.ok().utf8))
        )
        try await GatewayFixture.withGateway(setting) { fixture async throws in
            let request = fixture.request(method: "PUT", headers: "Content-Length: 10\r\n", body: "01234")
            #expect(try await fixture.exchange(request).hasPrefix("HTTP/1.1 408 "))
            await fixture.gateway.shutdown(drain: .zero)
            await recording.ended()
            #expect(recording.wholeRequests == 0)
        }
    }

    @Test("A connection that is silent between requests is closed without a word")
    func silence() async throws {
        let limits = GatewayConfiguration.Limits(idleTimeout: .milliseconds(200))
        try await GatewayFixture.withGateway(.init(limits: limits)) { fixture async throws in
            let connection = try await fixture.connect()
            try await connection.send(fixture.request())
            _ = try await connection.takeMessage()
            #expect(await connection.untilEnd().isEmpty)
            #expect(!connection.wasReset)
        }
    }

    @Test("Bounds are changed by a reload, for the next request on the same connection too")
    func reload() async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            let connection = try await fixture.connect()
            let request = fixture.request(method: "PUT", headers: "Content-Length: 5\r\n", body: "12345")
            try await connection.send(request)
            #expect(try await connection.takeMessage().hasSuffix("hello"))
            await fixture.gateway.reload(limits: .init(bodyBytes: 4))
            try await connection.send(request)
            #expect(await connection.untilEnd().hasPrefix("HTTP/1.1 413 "))
        }
    }
}
