import CarrelCore
import CarrelGateway
import Synchronization
import Testing

@Suite("Paused workspaces", .timeLimit(.minutes(1)))
struct WakingTests {
    private static func paused(
        limits: GatewayConfiguration.Limits = .init(),
        resolve: @escaping @Sendable (WorkspaceID, Gateway, Route) async -> Bool
    ) -> GatewayFixture.Setting {
        .init(limits: limits, route: { $0.isPaused = true }, resolve: resolve)
    }

    @Test("Pages are held until the workspace is resumed, once for all of them")
    func held() async throws {
        let asked = Mutex(0)
        let setting = Self.paused { _, gateway, route in
            asked.withLock { $0 += 1 }
            // Resumed only when both pages wait.
            while await gateway.traffic().values.first?.open != 2 { await Task.yield() }
            var route = route
            route.isPaused = false
            await gateway.publish(route)
            return true
        }
        try await GatewayFixture.withGateway(setting) { fixture async throws in
            let request = fixture.request(headers: "Accept: text/html\r\n")
            async let first = fixture.ask(request)
            async let second = fixture.ask(fixture.request(headers: "Sec-Fetch-Mode: navigate\r\n"))
            #expect(try await first.hasSuffix("hello"))
            #expect(try await second.hasSuffix("hello"))
            // Each event loop asks for itself.
            #expect((1...2).contains(asked.withLock(\.self)))
        }
    }

    @Test("One that does not resume is a 503 that says when to come again")
    func failing() async throws {
        try await GatewayFixture.withGateway(Self.paused { _, _, _ in false }) { fixture async throws in
            let answer = try await fixture.ask(fixture.request(headers: "Accept: text/html\r\n"))
            #expect(answer.hasPrefix("HTTP/1.1 503 "))
            #expect(answer.headerValue("retry-after") != nil)
        }
    }

    @Test("Holding ends after its time")
    func bounded() async throws {
        let limits = GatewayConfiguration.Limits(resumeTimeout: .milliseconds(100))
        let setting = Self.paused(limits: limits) { _, _, _ in
            try? await Task.sleep(for: .seconds(600))
            return false
        }
        try await GatewayFixture.withGateway(setting) { fixture async throws in
            let answer = try await fixture.ask(fixture.request(headers: "Accept: text/html\r\n"))
            #expect(answer.hasPrefix("HTTP/1.1 503 "))
        }
    }

    @Test(
        "WebSockets and programs get a 503 at once, and wake nobody",
        arguments: [
            "Connection: Upgrade\r\nUpgrade: websocket\r\nAccept: text/html\r\n", "Accept: application/json\r\n",
        ]
            + ["", "Sec-Fetch-Mode: cors\r\nAccept: text/html\r\n"]
    )
    func programs(headers: String) async throws {
        let asked = Mutex(0)
        let setting = Self.paused { _, _, _ in
            asked.withLock { $0 += 1 }
            return false
        }
        try await GatewayFixture.withGateway(setting) { fixture async throws in
            let answer = try await fixture.ask(fixture.request(headers: headers))
            #expect(answer.hasPrefix("HTTP/1.1 503 "))
            #expect(answer.headerValue("retry-after") != nil)
            #expect(asked.withLock(\.self) == 0)
        }
    }
}
