import CarrelCore
import CarrelGateway
import CarrelTesting
import NIOCore
import Testing

@Suite("Names of their own for workspaces", .timeLimit(.minutes(1)))
struct SiteTests {
    static let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
    static let id = GatewayFixture.id

    /// A gateway that answers as hub.test, with workspaces at names below desk.test, or at desk.test.
    static func setting(
        _ mode: WorkspaceSites.Mode,
        route: @escaping @Sendable (inout Route) -> Void = { _ in },
        listener: @escaping @Sendable (inout GatewayConfiguration.Listener) -> Void = { _ in }
    ) -> GatewayFixture.Setting {
        GatewayFixture.Setting(
            listener: {
                $0.publicOrigin = "https://hub.test"
                $0.workspaceNames = .init(
                    sites: WorkspaceSites(mode, domain: "desk.test", hubOrigin: "https://hub.test"),
                    hub: "hub.test",
                    cookie: "inside",
                    port: 443
                )
                listener(&$0)
            },
            route: route
        )
    }

    /// What the workspace's own page would send.
    static func request(
        _ mode: WorkspaceSites.Mode,
        _ path: String = "/lab",
        method: String = "GET",
        cookie: String = "ada-here",
        headers: String = ""
    ) -> String {
        let (host, prefix, name) =
            mode == .host ? ("desk.test", "/w/\(id)", "inside-\(id.dropFirst(3))") : ("\(id).desk.test", "", "inside")
        return "\(method) \(prefix)\(path) HTTP/1.1\r\nHost: \(host)\r\nCookie: \(name)=\(cookie)\r\n\(headers)\r\n"
    }

    @Test(
        "The workspace answers at its own name, with its own cookie",
        arguments: [WorkspaceSites.Mode.host, .subdomain]
    )
    func ownName(mode: WorkspaceSites.Mode) async throws {
        try await GatewayFixture.withGateway(Self.setting(mode)) { fixture async throws in
            #expect(try await fixture.ask(Self.request(mode, "/lab?a=b")).hasSuffix("hello"))
            let asked = fixture.workspace.requests[0]
            #expect(asked.hasPrefix(mode == .host ? "GET /w/\(Self.id)/lab?a=b " : "GET /lab?a=b "))
            #expect(asked.headerValue("cookie") == nil)
            #expect(asked.headerValue("x-forwarded-prefix") == nil)
            #expect(asked.headerValue("x-forwarded-proto") == "https")
            #expect(asked.headerValue("x-carrel-workspace") == nil)
            #expect(asked.headerValue("x-forwarded-host") == (mode == .host ? "desk.test" : "\(Self.id).desk.test"))
            #expect(fixture.hub.requests.isEmpty)
        }
    }

    @Test("A port in the name does not count, and neither do capitals")
    func spellings() async throws {
        try await GatewayFixture.withGateway(Self.setting(.subdomain)) { fixture async throws in
            for host in ["\(Self.id).desk.test:443", "\(Self.id).DESK.Test", "\(Self.id).desk.test:8"] {
                let answer = try await fixture.ask("GET / HTTP/1.1\r\nHost: \(host)\r\nCookie: inside=ada-here\r\n\r\n")
                #expect(answer.hasSuffix("hello"), "\(host)")
            }
        }
    }

    @Test(
        "Without its cookie, or with another workspace's or the hub's, the hub is asked, and told which workspace it is"
    )
    func withoutCookie() async throws {
        for mode in [WorkspaceSites.Mode.host, .subdomain] {
            try await GatewayFixture.withGateway(Self.setting(mode)) { fixture async throws in
                let own = mode == .host ? "inside-\(Self.id.dropFirst(3))" : "inside"
                let cookies = [
                    "", "\(own)=ada-there", "\(own)=forged", "\(own)=ada", "carrel=ada", "\(own)x=ada-here",
                    "x\(own)=ada-here", "inside-ponmlkjihgfedcba=ada-here",
                ]
                for cookie in cookies {
                    let plain = Self.request(mode).replacing(
                        "Cookie: \(own)=ada-here\r\n",
                        with: "Cookie: \(cookie)\r\n"
                    )
                    #expect(try await fixture.ask(plain).hasSuffix("hub"), "\(cookie)")
                    let tunnel = plain.replacing("Cookie: ", with: Self.upgrade + "Cookie: ")
                    #expect(try await fixture.ask(tunnel).hasSuffix("hub"), "\(cookie)")
                }
                #expect(fixture.workspace.requests.isEmpty)
                #expect(fixture.hub.requests.allSatisfy { $0.headerValue("x-carrel-workspace") == Self.id })
            }
        }
    }

    @Test("A token enters at the workspace's own name")
    func token() async throws {
        try await GatewayFixture.withGateway(Self.setting(.subdomain)) { fixture async throws in
            let answer = try await fixture.ask(
                "GET / HTTP/1.1\r\nHost: \(Self.id).desk.test\r\nAuthorization: Bearer carrel_enter\r\n\r\n"
            )
            #expect(answer.hasSuffix("hello"))
        }
    }

    @Test("On the hub's name nothing leads into a workspace, whatever is sent along")
    func hubName() async throws {
        for mode in [WorkspaceSites.Mode.host, .subdomain] {
            try await GatewayFixture.withGateway(Self.setting(mode)) { fixture async throws in
                for path in ["/w/\(Self.id)/", "/", "/lab", "/.carrel/enter"] {
                    let answer = try await fixture.ask(
                        "GET \(path) HTTP/1.1\r\nHost: hub.test\r\nCookie: carrel=ada; inside=ada-here; "
                            + "inside-\(Self.id.dropFirst(3))=ada-here\r\nX-Carrel-Workspace: \(Self.id)\r\n\r\n"
                    )
                    #expect(answer.hasSuffix("hub"), "\(path)")
                }
                #expect(fixture.workspace.requests.isEmpty)
                #expect(fixture.hub.requests.allSatisfy { $0.headerValue("x-carrel-workspace") == nil })
            }
        }
    }

    @Test(
        "A name that is none of ours is a 421, also one that only looks like it",
        arguments: [
            "evil.test", "127.0.0.1", "desk.test.evil.test", "evildesk.test", "xhub.test", "hub.test.", "www.hub.test",
            "hub.test.desk.tes", "[::1]",
        ]
    )
    func foreignNames(host: String) async throws {
        for mode in [WorkspaceSites.Mode.host, .subdomain] {
            try await GatewayFixture.withGateway(Self.setting(mode)) { fixture async throws in
                let answer = try await fixture.ask(
                    "GET /w/\(Self.id)/ HTTP/1.1\r\nHost: \(host)\r\nCookie: carrel=ada\r\n\r\n"
                )
                #expect(answer.hasPrefix("HTTP/1.1 421 "))
                #expect(fixture.hub.requests.isEmpty && fixture.workspace.requests.isEmpty)
            }
        }
    }

    @Test("Below the domain only workspaces are; on the workspaces' one name only paths of theirs are")
    func noWorkspace() async throws {
        try await GatewayFixture.withGateway(Self.setting(.subdomain)) { fixture async throws in
            for label in ["a.\(Self.id)", "ws-short", Self.id + "x", "WS-" + Self.id.dropFirst(3).uppercased(), "_x"] {
                let answer = try await fixture.ask("GET / HTTP/1.1\r\nHost: \(label).desk.test\r\n\r\n")
                #expect(answer.hasPrefix("HTTP/1.1 404 ") || answer.hasSuffix("hub"), "\(label)")
            }
            #expect(try await fixture.ask("GET / HTTP/1.1\r\nHost: desk.test\r\n\r\n").hasPrefix("HTTP/1.1 421 "))
            #expect(fixture.workspace.requests.isEmpty)
        }
        try await GatewayFixture.withGateway(Self.setting(.host)) { fixture async throws in
            for path in ["/", "/lab", "/w/", "/W/\(Self.id)/", "//w/\(Self.id)/", "/sign-in", "/api/v1/me", "/enter"] {
                let answer = try await fixture.ask(
                    "GET \(path) HTTP/1.1\r\nHost: desk.test\r\nCookie: inside-\(Self.id.dropFirst(3))=ada-here\r\n\r\n"
                )
                #expect(answer.hasSuffix("hub"), "\(path)")
            }
            #expect(fixture.hub.requests.allSatisfy { $0.headerValue("x-carrel-workspace") == "none" })
            #expect(fixture.workspace.requests.isEmpty)
        }
    }

    @Test(
        "What is reserved never reaches the workspace, also with its cookie",
        arguments: [WorkspaceSites.Mode.host, .subdomain]
    )
    func reserved(mode: WorkspaceSites.Mode) async throws {
        try await GatewayFixture.withGateway(Self.setting(mode)) { fixture async throws in
            for path in ["/.carrel/enter?ticket=x", "/.carrel/", "/.carrel/else"] {
                #expect(try await fixture.ask(Self.request(mode, path)).hasSuffix("hub"), "\(path)")
            }
            #expect(fixture.workspace.requests.isEmpty)
            #expect(fixture.hub.requests.allSatisfy { $0.headerValue("x-carrel-workspace") == Self.id })
            #expect(try await fixture.ask(Self.request(mode, "/.carrelx")).hasSuffix("hello"))
        }
    }

    @Test("Its own pages are those of its own name: the hub's, a neighbour's and its parent's are foreign")
    func origins() async throws {
        for mode in [WorkspaceSites.Mode.host, .subdomain] {
            try await GatewayFixture.withGateway(Self.setting(mode)) { fixture async throws in
                let own = mode == .host ? "https://desk.test" : "https://\(Self.id).desk.test"
                for origin in ["https://hub.test", "https://ws-ponmlkjihgfedcba.desk.test", "http://desk.test", "null"]
                {
                    for headers in ["Origin: \(origin)\r\n", "Origin: \(origin)\r\n" + Self.upgrade] {
                        let method = headers.contains("Upgrade") ? "GET" : "POST"
                        let answer = try await fixture.ask(Self.request(mode, method: method, headers: headers))
                        #expect(answer.hasPrefix("HTTP/1.1 403 "), "\(origin)")
                    }
                }
                #expect(fixture.workspace.requests.isEmpty)
                let answer = try await fixture.ask(Self.request(mode, method: "POST", headers: "Origin: \(own)\r\n"))
                #expect(answer.hasSuffix("hello"))
            }
        }
    }

    @Test("A page of another origin can lead the window there, and do nothing else")
    func visits() async throws {
        let setting = Self.setting(.subdomain, route: { $0.origins = ["https://lms.test"] })
        try await GatewayFixture.withGateway(setting) { fixture async throws in
            func asked(_ site: String, _ mode: String, _ destination: String, _ more: String = "") async throws -> Bool
            {
                let fetch = "Sec-Fetch-Site: \(site)\r\nSec-Fetch-Mode: \(mode)\r\nSec-Fetch-Dest: \(destination)\r\n"
                return try await fixture.ask(Self.request(.subdomain, headers: fetch + more)).hasSuffix("hello")
            }
            for site in ["same-site", "cross-site"] {
                #expect(try await asked(site, "navigate", "document"))
                for (mode, destination) in [
                    ("navigate", "iframe"), ("navigate", "embed"), ("no-cors", "image"), ("no-cors", "script"),
                    ("cors", "empty"), ("no-cors", "empty"),
                ] {
                    #expect(try await asked(site, mode, destination) == false, "\(site) \(mode) \(destination)")
                }
                #expect(try await asked(site, "cors", "empty", "Origin: https://lms.test\r\n"))
            }
            for site in ["same-origin", "none"] {
                #expect(try await asked(site, "cors", "empty"))
                #expect(try await asked(site, "navigate", "iframe"))
            }
        }
    }

    @Test("Under path nothing of this is looked at")
    func underPath() async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            let fetch = "Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n"
            #expect(try await fixture.ask(fixture.request(headers: fetch)).hasSuffix("hello"))
            #expect(try await fixture.ask(fixture.request("/.carrel/enter")).hasSuffix("hello"))
        }
    }

    @Test("Its cookies stay on its own name, its redirects as they are; nothing of ours can be set")
    func responses() async throws {
        let headers =
            "Set-Cookie: a=b; Domain=desk.test; Path=/\r\nSet-Cookie: c=d; Path=/sub\r\nSet-Cookie: inside=x\r\n"
            + "Set-Cookie: __Host-inside-mark=x; Path=/\r\nSet-Cookie: carrel=x\r\nLocation: /next\r\n"
            + "Service-Worker-Allowed: /\r\nClear-Site-Data: \"*\"\r\n"
        for (mode, prefix) in [(WorkspaceSites.Mode.subdomain, PrefixRule.keep), (.subdomain, .strip), (.host, .strip)]
        {
            var setting = Self.setting(mode, route: { $0.prefix = prefix })
            setting.workspace = ScriptedServer.answering { _ in ScriptedServer.ok(headers: headers) }
            try await GatewayFixture.withGateway(setting) { fixture async throws in
                let answer = try await fixture.ask(Self.request(mode))
                let below = mode == .host ? "/w/\(Self.id)" : ""
                let lines = answer.split(separator: "\r\n")
                let cookies = lines.filter { $0.lowercased().hasPrefix("set-cookie:") }
                #expect(
                    cookies == ["Set-Cookie: a=b; Path=\(below)/", "Set-Cookie: c=d; Path=\(below)/sub"],
                    "\(mode) \(prefix)"
                )
                #expect(answer.headerValue("location") == "\(below)/next")
                #expect(answer.headerValue("service-worker-allowed") == "\(below)/")
                #expect(answer.headerValue("clear-site-data") == nil)
                let asked = fixture.workspace.requests[0]
                #expect(asked.headerValue("x-forwarded-prefix") == (mode == .host ? below : nil))
            }
        }
    }

    @Test("A further port is below its name, at the workspace's own name too")
    func furtherPort() async throws {
        let other = ScriptedServer.answering { _ in ScriptedServer.ok("other", headers: "Location: /next\r\n") }
        let any = try SocketAddress(ipAddress: "127.0.0.1", port: 0)
        try await ScriptedServer.serve(at: any, other) { server, address in
            let port = try #require(address.port)
            let setting = Self.setting(
                .subdomain,
                route: { $0.extraEndpoints = ["versions": .tcp(host: "127.0.0.1", port: port)] }
            )
            try await GatewayFixture.withGateway(setting) { fixture async throws in
                let answer = try await fixture.ask(Self.request(.subdomain, "/~versions/a?b"))
                #expect(answer.hasSuffix("other"))
                #expect(answer.headerValue("location") == "/~versions/next")
                #expect(server.requests[0].hasPrefix("GET /a?b HTTP/1.1\r\n"))
                #expect(server.requests[0].headerValue("x-forwarded-prefix") == "/~versions")
                let bare = try await fixture.ask(Self.request(.subdomain, "/~versions"))
                #expect(bare.headerValue("location") == "/~versions/")
            }
        }
    }

    @Test("The name that a trusted proxy tells counts, and nobody else's")
    func proxies() async throws {
        let forwarded = "X-Forwarded-Host: \(Self.id).desk.test\r\n"
        for trusts in [true, false] {
            let setting = Self.setting(.subdomain, listener: { $0.trustedProxies = trusts ? ["127.0.0.0/8"] : [] })
            try await GatewayFixture.withGateway(setting) { fixture async throws in
                let answer = try await fixture.ask(
                    "GET / HTTP/1.1\r\nHost: internal\r\nCookie: inside=ada-here\r\n\(forwarded)\r\n"
                )
                #expect(trusts ? answer.hasSuffix("hello") : answer.hasPrefix("HTTP/1.1 421 "))
            }
        }
    }

    @Test("A session that ended enters no more, and its tunnel is closed")
    func revocation() async throws {
        var setting = Self.setting(.subdomain)
        setting.workspace = TunnelTests.echo
        try await GatewayFixture.withGateway(setting) { fixture async throws in
            let connection = try await fixture.connect()
            let own = "Origin: https://\(Self.id).desk.test\r\n"
            try await connection.send(Self.request(.subdomain, "/ws", headers: own + TunnelTests.upgrade))
            #expect(try await connection.takeHead().hasPrefix("HTTP/1.1 101 "))
            fixture.who.revoke(.workspaceCookie("ada-here"))
            await fixture.gateway.credentialsChanged()
            _ = await connection.untilEnd()
            #expect(try await fixture.ask(Self.request(.subdomain)).hasSuffix("hub"))
        }
    }

    @Test("Plain HTTP sends to the same name over HTTPS")
    func redirect() async throws {
        let setting = Self.setting(
            .subdomain,
            listener: {
                $0.servesWorkspaces = false
                $0.redirect = .init(origin: "https://hub.test", port: 8443)
            }
        )
        try await GatewayFixture.withGateway(setting) { fixture async throws in
            for (host, place) in [
                ("hub.test", "https://hub.test/x"), ("\(Self.id).desk.test:80", "https://\(Self.id).desk.test/x"),
            ] {
                let answer = try await fixture.ask("GET /x HTTP/1.1\r\nHost: \(host)\r\n\r\n")
                #expect(answer.headerValue("location") == place)
            }
            #expect(try await fixture.ask("GET /x HTTP/1.1\r\nHost: evil.test\r\n\r\n").hasPrefix("HTTP/1.1 421 "))
        }
    }
}
