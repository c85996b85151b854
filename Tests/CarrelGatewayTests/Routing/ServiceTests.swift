import CarrelCore
import CarrelGateway
import NIOCore
import Testing

@Suite("Services beside the workspaces", .timeLimit(.minutes(1)))
struct ServiceTests {
    /// As the hub publishes one: what stands for it has the same id as the fixture's cookies.
    private static func setting(_ mode: WorkspaceSites.Mode, members: Set<UserID>?) -> GatewayFixture.Setting {
        SiteTests.setting(mode, route: { $0.service = ServiceAccess(name: "grafana", members: members) })
    }

    private static func request(
        _ mode: WorkspaceSites.Mode,
        _ path: String = "/d/1",
        cookie: String = "ada-here",
        name: String = "grafana"
    )
        -> String
    {
        let (host, prefix, cookieName) =
            mode == .host
            ? ("desk.test", "/s/\(name)", "inside-\(GatewayFixture.id.dropFirst(3))")
            : ("\(name).desk.test", "", "inside")
        return "GET \(prefix)\(path) HTTP/1.1\r\nHost: \(host)\r\nCookie: \(cookieName)=\(cookie)\r\n"
            + "X-Carrel-User: u-forged\r\n\r\n"
    }

    @Test(
        "Who is let in reaches it at its name, and it is told who comes",
        arguments: [WorkspaceSites.Mode.host, .subdomain]
    )
    func reached(mode: WorkspaceSites.Mode) async throws {
        let ada = try #require(GatewayFixture.ada)
        for members in [nil, Set([ada])] {
            try await GatewayFixture.withGateway(Self.setting(mode, members: members)) { fixture async throws in
                #expect(try await fixture.ask(Self.request(mode)).hasSuffix("hello"))
                let asked = fixture.workspace.requests[0]
                #expect(asked.hasPrefix(mode == .host ? "GET /s/grafana/d/1 " : "GET /d/1 "))
                #expect(asked.headerValue("x-carrel-user") == ada.description)
                #expect(
                    asked.split(separator: "\r\n").filter { $0.lowercased().hasPrefix("x-carrel-user:") }.count == 1
                )
                #expect(asked.headerValue("cookie") == nil)
            }
        }
    }

    @Test("Who is not let in, and who has no cookie, is sent to the hub, as for one that does not exist")
    func strangers() async throws {
        let bob = try #require(GatewayFixture.bob)
        for mode in [WorkspaceSites.Mode.host, .subdomain] {
            try await GatewayFixture.withGateway(Self.setting(mode, members: [bob])) { fixture async throws in
                for (cookie, name) in [
                    ("ada-here", "grafana"), ("x", "grafana"), ("ada-there", "grafana"), ("ada-here", "none"),
                ] {
                    #expect(try await fixture.ask(Self.request(mode, cookie: cookie, name: name)).hasSuffix("hub"))
                    #expect(fixture.hub.requests.last?.headerValue("x-carrel-service") == name)
                    #expect(fixture.hub.requests.last?.headerValue("x-carrel-workspace") == nil)
                }
                #expect(fixture.workspace.requests.isEmpty)
            }
        }
    }

    @Test("It is reached by its name only, not by what stands for it")
    func byName() async throws {
        for mode in [WorkspaceSites.Mode.host, .subdomain] {
            try await GatewayFixture.withGateway(Self.setting(mode, members: nil)) { fixture async throws in
                #expect(try await fixture.ask(SiteTests.request(mode)).hasSuffix("hub"))
                #expect(fixture.workspace.requests.isEmpty)
            }
        }
    }

    @Test("Who is let in no more loses what is open there; others don't; when it goes, all do")
    func changes() async throws {
        let (ada, bob) = (try #require(GatewayFixture.ada), try #require(GatewayFixture.bob))
        var setting = Self.setting(.subdomain, members: [ada, bob])
        setting.workspace = TunnelTests.echo
        try await GatewayFixture.withGateway(setting) { fixture async throws in
            func open() async throws -> RawConnection {
                let connection = try await fixture.connect()
                try await connection.send(
                    "GET /ws HTTP/1.1\r\nHost: grafana.desk.test\r\nCookie: inside=ada-here\r\n"
                        + "Origin: https://grafana.desk.test\r\n" + TunnelTests.upgrade + "\r\n"
                )
                #expect(try await connection.takeHead().hasPrefix("HTTP/1.1 101 "))
                return connection
            }
            func publish(_ members: Set<UserID>) async throws {
                let port = try #require(fixture.workspaceAddress.port)
                var route = try GatewayFixture.route(.tcp(host: "127.0.0.1", port: port))
                route.service = ServiceAccess(name: "grafana", members: members)
                await fixture.gateway.publish(route)
            }
            let first = try await open()
            try await publish([ada])
            try await first.send("still here")
            #expect(try await first.take(count: 10) == "still here")
            try await publish([bob])
            _ = await first.untilEnd()
            #expect(try await fixture.ask(Self.request(.subdomain)).hasSuffix("hub"))
            try await publish([ada])
            let second = try await open()
            await fixture.gateway.withdraw(try #require(WorkspaceID(GatewayFixture.id)))
            _ = await second.untilEnd()
            #expect(try await fixture.ask(Self.request(.subdomain)).hasSuffix("hub"))
        }
    }

    @Test("Under path there are no services")
    func underPath() async throws {
        let setting = GatewayFixture.Setting(route: { $0.service = ServiceAccess(name: "grafana", members: nil) })
        try await GatewayFixture.withGateway(setting) { fixture async throws in
            for path in ["/s/grafana/", "/w/\(GatewayFixture.id)/"] {
                let answer = try await fixture.ask("GET \(path) HTTP/1.1\r\nHost: x\r\nCookie: carrel=ada\r\n\r\n")
                #expect(answer.hasSuffix("hub"), "\(path)")
            }
        }
    }
}
