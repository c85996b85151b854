import CarrelCore
import CarrelGateway
import Testing

@Suite("Pages from elsewhere", .timeLimit(.minutes(1)))
struct OriginRuleTests {
    static let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n"

    @Test(
        "They can neither open a WebSocket nor send an unsafe method",
        arguments: [
            "Origin: http://evil.test", "Origin: null", "Origin: https://work.test", "Origin: http://work.test:81",
            "Origin: http://work.test.evil.test", "Origin: http://sub.work.test", "Origin: ",
            "Origin: http://work.test/", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site",
        ]
    )
    func foreign(header: String) async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            for method in ["POST", "PUT", "DELETE", "PATCH", "PROPFIND"] {
                let answer = try await fixture.ask(fixture.request(method: method, headers: header + "\r\n"))
                #expect(answer.hasPrefix("HTTP/1.1 403 "), "\(method)")
            }
            let tunnel = try await fixture.ask(fixture.request(headers: Self.upgrade + header + "\r\n"))
            #expect(tunnel.hasPrefix("HTTP/1.1 403 "))
            #expect(fixture.workspace.requests.isEmpty)
            #expect(try await fixture.ask(fixture.request(headers: header + "\r\n")).hasSuffix("hello"))
        }
    }

    @Test(
        "The workspace's own pages, and programs that are no browser, may",
        arguments: ["Origin: http://work.test", "Origin: HTTP://Work.test", "", "Sec-Fetch-Site: same-origin"]
    )
    func own(header: String) async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            let headers = header.isEmpty ? "" : header + "\r\n"
            #expect(try await fixture.ask(fixture.request(method: "POST", headers: headers)).hasSuffix("hello"))
        }
    }

    @Test("With a public origin only that one counts, beside those of the route")
    func publicOrigin() async throws {
        let setting = GatewayFixture.Setting(
            listener: { $0.publicOrigin = "https://Work.example.org:443/" },
            route: { $0.origins = ["https://lms.example.org"] }
        )
        try await GatewayFixture.withGateway(setting) { fixture async throws in
            for (origin, status) in [
                ("https://work.example.org", 200), ("https://lms.example.org", 200), ("http://work.test", 403),
                ("http://work.example.org", 403), ("https://work.example.org:444", 403),
            ] {
                let answer = try await fixture.ask(fixture.request(method: "POST", headers: "Origin: \(origin)\r\n"))
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(origin)")
            }
        }
    }
}
