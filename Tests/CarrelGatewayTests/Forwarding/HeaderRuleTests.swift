import CarrelCore
import CarrelGateway
import Testing

@Suite("Headers on their way", .timeLimit(.minutes(1)))
struct HeaderRuleTests {
    @Test("A workspace never sees the hub's cookies; the others pass byte for byte")
    func cookies() async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            func seen(_ line: String) async throws -> String? {
                _ = try await fixture.ask(
                    "GET \(fixture.path)/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer carrel_enter\r\n\(line)\r\n\r\n"
                )
                return fixture.workspace.requests.last?.headerValue("cookie")
            }
            #expect(try await seen("Cookie: carrel=ada") == nil)
            #expect(try await seen("Cookie: a=\"x y\";carrel=ada; b==;carrel-flow=1") == "a=\"x y\"; b==")
            #expect(try await seen("Cookie: carrel=1; carrel=2; carrel =3;carrel") == nil)
            #expect(try await seen("Cookie: xcarrel=1;  carrels=2") == "xcarrel=1;  carrels=2")
        }
    }

    @Test("A token of Carrel's is taken out, the app's own authorization is not")
    func authorization() async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            let cookie = "Cookie: carrel=ada\r\n"
            for (value, seen) in [
                ("Bearer carrel_enter", nil), ("bearer  carrel_enter", nil), ("Bearer mine", "Bearer mine"),
                ("token carrel_x", "token carrel_x"), ("Basic eDp5", "Basic eDp5"),
            ] as [(String, String?)] {
                _ = try await fixture.ask(
                    "GET \(fixture.path)/ HTTP/1.1\r\nHost: x\r\nAuthorization: \(value)\r\n\(cookie)\r\n"
                )
                #expect(fixture.workspace.requests.last?.headerValue("authorization") == seen, "\(value)")
            }
        }
    }

    static let forged = """
        X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Prefix: /evil\r
        X-Forwarded-User: root\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nX-Carrel-User: u-root\r
        X-Carrel-Request-Id: 1\r\nx_carrel_user: u-root\r\nX_Forwarded_For: 6.6.6.6\r\nProxy: evil\r\n
        """

    @Test("What a client says about itself is replaced by what the gateway knows")
    func forgedHeaders() async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            _ = try await fixture.ask(fixture.request(headers: Self.forged))
            _ = try await fixture.ask("GET / HTTP/1.1\r\nHost: work.test\r\n\(Self.forged)\r\n")
            let (workspace, hub) = (fixture.workspace.requests[0], fixture.hub.requests[0])
            for request in [workspace, hub] {
                #expect(request.headerValues("x-forwarded-for") == ["127.0.0.1"])
                #expect(request.headerValues("x-forwarded-proto") == ["http"])
                #expect(request.headerValues("x-forwarded-host") == ["work.test"])
                #expect(request.headerValues("x-carrel-request-id").count == 1)
                #expect(!request.contains("evil") && !request.contains("6.6.6.6") && !request.contains("root"))
            }
            #expect(workspace.headerValues("x-carrel-user") == ["u-aaaaaaaaaaaaaaaa"])
            #expect(hub.headerValues("x-carrel-user").isEmpty)
        }
    }

    @Test("A trusted proxy is believed: the client is the last address that no trusted proxy has")
    func trustedProxy() async throws {
        try await GatewayFixture.withGateway(.init(listener: { $0.trustedProxies = ["127.0.0.0/8", "10.0.0.0/8"] })) {
            fixture async throws in
            _ = try await fixture.ask(
                fixture.request(
                    headers: "X-Forwarded-For: 6.6.6.6, 9.9.9.9, 10.1.2.3\r\nX-Forwarded-Proto: https\r\n"
                        + "X-Forwarded-Host: public.test\r\nX-Carrel-User: u-root\r\n"
                )
            )
            let request = fixture.workspace.requests[0]
            #expect(request.headerValues("x-forwarded-for") == ["9.9.9.9"])
            #expect(request.headerValues("x-forwarded-proto") == ["https"])
            #expect(request.headerValues("x-forwarded-host") == ["public.test"])
            #expect(request.headerValues("x-carrel-user") == ["u-aaaaaaaaaaaaaaaa"])
        }
    }

    @Test("Hop-by-hop headers, and those that Connection names, stay on their hop, both ways")
    func hopByHop() async throws {
        let answer = ScriptedServer.ok(
            headers: "Connection: keep-alive, X-Hop\r\nKeep-Alive: timeout=5\r\nX-Hop: 1\r\nX-End: 2\r\n"
        )
        try await GatewayFixture.withGateway(.init(workspace: ScriptedServer.answering { _ in answer })) {
            fixture async throws in
            let response = try await fixture.ask(
                fixture.request(headers: "Connection: X-Mine, keep-alive\r\nX-Mine: 1\r\nX-End: 2\r\nTE: trailers\r\n")
            )
            let request = fixture.workspace.requests[0]
            for (message, gone) in [(request, "x-mine"), (response, "x-hop")] {
                #expect(message.headerValue(gone) == nil)
                #expect(message.headerValue("connection") == nil)
                #expect(message.headerValue("x-end") == "2")
            }
            #expect(request.headerValue("te") == nil)
            #expect(response.headerValue("keep-alive") == nil)
            #expect(request.headerValue("host") == "work.test")
        }
    }

    @Test("The route's headers take the place of what the client sent under their names")
    func routeHeaders() async throws {
        let setting = GatewayFixture.Setting(route: {
            $0.headers = [
                RouteHeader(name: "Authorization", value: "token secret"),
                RouteHeader(name: "Bad", value: "a\r\nb: c"), RouteHeader(name: "Content-Length", value: "7"),
            ]
        })
        try await GatewayFixture.withGateway(setting) { fixture async throws in
            _ = try await fixture.ask(fixture.request(headers: "authorization: Basic eDp5\r\n"))
            let request = fixture.workspace.requests[0]
            #expect(request.headerValues("authorization") == ["token secret"])
            #expect(request.headerValue("bad") == nil)
            #expect(request.headerValue("content-length") == nil)
        }
    }

    @Test("Where the prefix is stripped, redirects lead back under it")
    func stripped() async throws {
        let setting = GatewayFixture.Setting(
            route: { $0.prefix = .strip },
            workspace: ScriptedServer.answering { request in
                let place = request.headerValue("x-place") ?? ""
                return "HTTP/1.1 302 Found\r\nLocation: \(place)\r\nContent-Length: 0\r\n\r\n"
            }
        )
        try await GatewayFixture.withGateway(setting) { fixture async throws in
            for (place, seen) in [
                ("/next?a", "\(fixture.path)/next?a"), ("http://work.test/x", "http://work.test\(fixture.path)/x"),
                ("https://work.test", "https://work.test\(fixture.path)/"), ("next", "next"), ("?a=b", "?a=b"),
                ("http://else.test/x", "http://else.test/x"), ("\(fixture.path)/x", "\(fixture.path)/x"),
                ("//work.test/x", "//work.test\(fixture.path)/x"), ("//else.test/x", "//else.test/x"),
                ("\(fixture.path)x/", "\(fixture.path)\(fixture.path)x/"),
            ] {
                let answer = try await fixture.ask(fixture.request("/deep/er?q=1", headers: "X-Place: \(place)\r\n"))
                #expect(answer.headerValue("location") == seen)
            }
            #expect(fixture.workspace.requests[0].hasPrefix("GET /deep/er?q=1 HTTP/1.1\r\n"))
            #expect(fixture.workspace.requests[0].headerValue("x-forwarded-prefix") == fixture.path)
        }
    }

    @Test("A workspace decides nothing for the whole origin: no worker before the hub's pages, nobody's data cleared")
    func originWide() async throws {
        let answer = ScriptedServer.ok(
            headers: "Service-Worker-Allowed: /\r\nClear-Site-Data: \"*\"\r\nAlt-Svc: h2=\"x:1\"\r\nX-End: 1\r\n"
                + "strict-transport-security: max-age=9\r\nNEL: {}\r\nReport-To: {}\r\n"
        )
        let setting = GatewayFixture.Setting(
            hub: ScriptedServer.answering { _ in answer },
            workspace: ScriptedServer.answering { _ in answer }
        )
        let gone = ["clear-site-data", "alt-svc", "strict-transport-security", "nel", "report-to"]
        try await GatewayFixture.withGateway(setting) { fixture async throws in
            let workspaces = try await fixture.ask(fixture.request("/sw.js"))
            #expect(workspaces.headerValues("service-worker-allowed") == ["\(fixture.path)/"])
            #expect(workspaces.headerValue("x-end") == "1")
            for name in gone { #expect(workspaces.headerValue(name) == nil, "\(name)") }
            let hubs = try await fixture.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            for name in gone { #expect(hubs.headerValue(name) != nil, "\(name)") }
        }
    }

    @Test("The hub's own cookies and redirects pass as they are")
    func hub() async throws {
        let answer = ScriptedServer.ok(headers: "Set-Cookie: carrel=new; Path=/; HttpOnly\r\nLocation: /x\r\n")
        try await GatewayFixture.withGateway(.init(hub: ScriptedServer.answering { _ in answer })) {
            fixture async throws in
            let response = try await fixture.ask("GET /sign-in HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(response.headerValue("set-cookie") == "carrel=new; Path=/; HttpOnly")
            #expect(response.headerValue("location") == "/x")
        }
    }
}
