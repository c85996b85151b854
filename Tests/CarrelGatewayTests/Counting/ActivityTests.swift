import CarrelCore
import CarrelGateway
import CarrelTesting
import Testing

@Suite("What is counted", .timeLimit(.minutes(1)))
struct ActivityTests {
    @Test("A request is activity unless its path, or one above it, is ignored")
    func ignored() async throws {
        try await GatewayFixture.withGateway(.init(route: { $0.ignore = ["/api/status", "/api/kernels/"] })) {
            fixture async throws in
            func lastActive() async -> Timestamp? { await fixture.gateway.traffic().values.first?.lastActiveAt }
            for path in ["/api/status", "/api/status?x=/lab", "/api/kernels", "/api/kernels/1/x", "/api/kernels/"] {
                _ = try await fixture.ask(fixture.request(path))
                #expect(await lastActive() == nil, "\(path)")
            }
            for path in ["/", "/api/statusx", "/api", "/lab?/api/status", "/x/api/status"] {
                fixture.clock.advance(by: .seconds(1))
                _ = try await fixture.ask(fixture.request(path))
                #expect(await lastActive() == fixture.clock.now(), "\(path)")
            }
        }
    }

    @Test("The first byte, what is open and the bytes each way are counted; strangers are not")
    func counts() async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            _ = try await fixture.ask("GET \(fixture.path)/ HTTP/1.1\r\nHost: x\r\nCookie: carrel=bob\r\n\r\n")
            let before = try #require(await fixture.gateway.traffic().values.first)
            #expect(before == Traffic())
            let start = fixture.clock.now()
            let answer = try await fixture.ask(fixture.request())
            fixture.clock.advance(by: .seconds(9))
            _ = try await fixture.ask(fixture.request())
            let after = try #require(await fixture.gateway.traffic().values.first)
            #expect(after.firstByteAt == start)
            #expect(after.lastActiveAt == start + .seconds(9))
            #expect(after.open == 0)
            #expect(after.bytesIn == Int64(fixture.request().utf8.count * 2))
            #expect(after.bytesOut == Int64(answer.utf8.count * 2))
        }
    }
}
