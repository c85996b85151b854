import CarrelCore
import CarrelGateway
import CarrelTesting
import NIOCore
import Testing

@Suite("Where a request goes", .timeLimit(.minutes(1)))
struct RoutingTests {
    @Test("The owner's request goes to the workspace, with its path whole")
    func owner() async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            let answer = try await fixture.ask(fixture.request("/lab?a=b"))
            #expect(answer.hasSuffix("hello"))
            #expect(fixture.workspace.requests[0].hasPrefix("GET \(fixture.path)/lab?a=b HTTP/1.1\r\n"))
            #expect(fixture.hub.requests.isEmpty)
        }
    }

    @Test("Everything else goes to the hub, with its cookies and its authorization")
    func elsewhere() async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            let id = GatewayFixture.id
            let paths = [
                "/", "/sign-in", "/w/", "/w", "/w/ws-zzzzzzzzzzzzzzzz/", "/w/\(id)x/", "/w/%77s-abcdefghijklmnop/",
                "//w/\(id)/", "/W/\(id)/", "/w//\(id)/", "/./w/\(id)/", "/x/../w/\(id)/", "/w/../w/\(id)/",
                "/%77/\(id)/",
                "/w/\(id.uppercased())/", "/w/\(id)%2f", "/w/\(id);a/", "/w%2f\(id)/",
            ]
            for path in paths {
                let answer = try await fixture.ask(
                    "GET \(path) HTTP/1.1\r\nHost: x\r\nCookie: carrel=ada\r\nAuthorization: Bearer carrel_x\r\n\r\n"
                )
                #expect(answer.hasSuffix("hub"), "\(path)")
            }
            #expect(fixture.workspace.requests.isEmpty)
            #expect(fixture.hub.requests.allSatisfy { $0.headerValue("cookie") == "carrel=ada" })
            #expect(fixture.hub.requests.allSatisfy { $0.headerValue("authorization") == "Bearer carrel_x" })
        }
    }

    @Test(
        "Who is not the owner gets what the hub says of a workspace that does not exist",
        arguments: ["", "Cookie: carrel=bob\r\n", "Cookie: carrel=forged\r\n", "Cookie: xcarrel=ada\r\n"]
            + ["Authorization: Bearer carrel_observe\r\n", "Authorization: Bearer ada\r\n", "Cookie: a=carrel=ada\r\n"]
    )
    func stranger(headers: String) async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            let answer = try await fixture.ask("GET \(fixture.path)/ HTTP/1.1\r\nHost: x\r\n\(headers)\r\n")
            #expect(answer.hasSuffix("hub"))
            let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
            let tunnel = try await fixture.ask("GET \(fixture.path)/ HTTP/1.1\r\nHost: x\r\n\(upgrade)\(headers)\r\n")
            #expect(tunnel.hasSuffix("hub"))
            let bare = try await fixture.ask("GET \(fixture.path) HTTP/1.1\r\nHost: x\r\n\(headers)\r\n")
            #expect(bare.hasSuffix("hub"))
            #expect(fixture.workspace.requests.isEmpty)
        }
    }

    @Test("A token with the scope, and a session behind another cookie of its name, enter")
    func otherCredentials() async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            for header in ["Authorization: Bearer carrel_enter", "Cookie: carrel=stale; a=b; carrel=ada"] {
                let answer = try await fixture.ask("GET \(fixture.path)/ HTTP/1.1\r\nHost: x\r\n\(header)\r\n\r\n")
                #expect(answer.hasSuffix("hello"))
            }
        }
    }

    @Test("A session that has expired enters no more, also on the same connection")
    func expiry() async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            let connection = try await fixture.connect()
            try await connection.send(fixture.request())
            #expect(try await connection.takeMessage().hasSuffix("hello"))
            fixture.clock.advance(by: .seconds(43_200))
            try await connection.send(fixture.request())
            #expect(try await connection.takeMessage().hasSuffix("hub"))
        }
    }

    @Test("A revoked session enters no more once the gateway was told")
    func revocation() async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            let connection = try await fixture.connect()
            try await connection.send(fixture.request())
            #expect(try await connection.takeMessage().hasSuffix("hello"))
            fixture.who.revoke(.cookie("ada"))
            await fixture.gateway.credentialsChanged()
            #expect(try await fixture.ask(fixture.request()).hasSuffix("hub"))
        }
    }

    @Test("The workspace without its slash is sent on to it, query and all")
    func slash() async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            let answer = try await fixture.ask(fixture.request("?a=b"))
            #expect(answer.hasPrefix("HTTP/1.1 307 "))
            #expect(answer.headerValue("location") == "\(fixture.path)/?a=b")
        }
    }

    @Test("A published route is forwarded by at once, a withdrawn one no more")
    func publishing() async throws {
        try await GatewayFixture.withGateway(.init(route: nil)) { fixture async throws in
            #expect(try await fixture.ask(fixture.request()).hasSuffix("hub"))
            let port = try #require(fixture.workspaceAddress.port)
            let route = try GatewayFixture.route(.tcp(host: "127.0.0.1", port: port))
            await fixture.gateway.publish(route)
            #expect(try await fixture.ask(fixture.request()).hasSuffix("hello"))
            await fixture.gateway.withdraw(route.workspace)
            await fixture.gateway.withdraw(route.workspace)
            #expect(try await fixture.ask(fixture.request()).hasSuffix("hub"))
        }
    }

    @Test("A further port is reached below its name, which is taken off")
    func furtherPort() async throws {
        let other = ScriptedServer.answering { _ in ScriptedServer.ok("other", headers: "Location: /next\r\n") }
        let any = try SocketAddress(ipAddress: "127.0.0.1", port: 0)
        try await ScriptedServer.serve(at: any, other) { server, address in
            let port = try #require(address.port)
            let setting = GatewayFixture.Setting(route: {
                $0.extraEndpoints = ["versions": .tcp(host: "127.0.0.1", port: port)]
            })
            try await GatewayFixture.withGateway(setting) { fixture async throws in
                let answer = try await fixture.ask(fixture.request("/~versions/a?b"))
                #expect(answer.hasSuffix("other"))
                #expect(answer.headerValue("location") == "\(fixture.path)/~versions/next")
                #expect(server.requests[0].hasPrefix("GET /a?b HTTP/1.1\r\n"))
                #expect(server.requests[0].headerValue("x-forwarded-prefix") == "\(fixture.path)/~versions")
                #expect(try await fixture.ask(fixture.request("/~unknown/")).hasSuffix("hello"))
                let bare = try await fixture.ask(fixture.request("/~versions"))
                #expect(bare.headerValue("location") == "\(fixture.path)/~versions/")
            }
        }
    }

    @Test("A listener that serves no workspaces sends everything to its hub")
    func noWorkspaces() async throws {
        try await GatewayFixture.withGateway(.init(listener: { $0.servesWorkspaces = false })) { fixture async throws in
            #expect(try await fixture.ask(fixture.request()).hasSuffix("hub"))
        }
    }
}
