import CarrelCore
import CarrelIdentity
import HTTPTypes
import Synchronization
import Testing

@testable import CarrelWeb

@Suite("Coming to a workspace's own name")
struct EnteringTests {
    private func house(_ mode: WorkspaceSites.Mode = .subdomain) throws -> House {
        var house = try House()
        house.settings.sites = WorkspaceSites(mode, domain: "desk.test", hubOrigin: "https://work.example.org")
        house.settings.workspaceCookie = "inside"
        return house
    }

    /// As the gateway hands on what is asked on a workspace's name.
    private static func at(_ workspace: WorkspaceID?, _ more: [String: String] = [:], cookie: String? = nil)
        -> HTTPFields
    {
        var fields = Door.tab
        fields[.workspace] = workspace?.description ?? "none"
        for (name, value) in more { if let name = HTTPField.Name(name) { fields[name] = value } }
        if let cookie { fields[.cookie] = cookie }
        return fields
    }

    private static func pair(_ setCookie: String) -> String { String(setCookie.prefix { $0 != ";" }) }

    /// Walks from the workspace's name over the hub and back; what the door answered last.
    private func walk(_ door: Door, _ house: House, _ id: WorkspaceID, path: String, as user: User) async throws -> (
        last: Answer, mark: String, ticket: String
    ) {
        let first = try await door.ask(.get, path, headers: Self.at(id))
        let mark = Self.pair(try #require(first.cookies.first))
        let hub = try #require(first.location).replacing("https://work.example.org", with: "")
        let second = try await door.ask(.get, hub, as: user, headers: Door.tab)
        let back = try #require(second.location)
        let ticket = String(back.split(separator: "=").last ?? "")
        let below = house.settings.sites.path(of: id).dropLast()
        let last = try await door.ask(
            .get,
            "\(below)/.carrel/enter?ticket=\(ticket)",
            headers: Self.at(id, cookie: "inside-mark=x; \(mark)")
        )
        return (last, mark, ticket)
    }

    @Test(
        "Over the hub and back, with a cookie that is this workspace's only",
        arguments: [WorkspaceSites.Mode.host, .subdomain]
    )
    func wholeWay(mode: WorkspaceSites.Mode) async throws {
        let house = try house(mode)
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id)
        let base = mode == .host ? "https://desk.test/w/\(mine.id)" : "https://\(mine.id).desk.test"
        let below = mode == .host ? "/w/\(mine.id)" : ""
        try await house.open { door async throws in
            let first = try await door.ask(.get, "\(below)/lab?a=b&c", headers: Self.at(mine.id))
            #expect(first.status == 303)
            #expect(first.header("Referrer-Policy") == "no-referrer")
            let mark = try #require(first.cookies.first)
            #expect(
                mark.hasPrefix("inside-mark=")
                    && mark.hasSuffix("; Path=/; HttpOnly; SameSite=Lax; Max-Age=1800; Secure")
            )
            let hub = try #require(first.location)
            #expect(hub.hasPrefix("https://work.example.org/enter?workspace=\(mine.id)&browser="))
            #expect(hub.hasSuffix("&to=/lab%3Fa%3Db%26c"))
            #expect(!hub.contains(Self.pair(mark).dropFirst("inside-mark=".count)))

            let (last, _, _) = try await walk(door, house, mine.id, path: "\(below)/lab?a=b&c", as: house.ada)
            #expect(last.status == 303)
            #expect(last.location == "\(base)/lab?a=b&c")
            #expect(last.header("Referrer-Policy") == "no-referrer")
            let name = mode == .host ? "inside-\(mine.id.description.dropFirst(3))" : "inside"
            #expect(last.cookies == ["\(name)=in-\(mine.id); Path=/; HttpOnly; SameSite=Lax; Max-Age=3600; Secure"])
        }
    }

    @Test("A ticket that was used, was made for another browser, or for another workspace, gives no cookie")
    func badTickets() async throws {
        let house = try house()
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id)
        let other = try house.workspaces.add("shiny", owner: house.ada.id)
        try await house.open { door async throws in
            let (_, mark, used) = try await walk(door, house, mine.id, path: "/lab", as: house.ada)
            let again = try await door.ask(
                .get,
                "/.carrel/enter?ticket=\(used)",
                headers: Self.at(mine.id, cookie: mark)
            )
            #expect(again.cookies.isEmpty && again.location == "https://\(mine.id).desk.test/")

            func ticket() async throws -> String {
                let digest = BrowserMark.digest(of: String(mark.dropFirst("inside-mark=".count)))
                let uri = "/enter?workspace=\(mine.id)&browser=\(digest)&to=/deep"
                let answer = try await door.ask(.get, uri, as: house.ada, headers: Door.tab)
                return String(try #require(answer.location).split(separator: "=").last ?? "")
            }
            let foreign = "inside-mark=\(BrowserMark.make())"
            let stolen = try await door.ask(
                .get,
                "/.carrel/enter?ticket=\(try await ticket())",
                headers: Self.at(mine.id, cookie: foreign)
            )
            #expect(stolen.cookies.isEmpty && stolen.location == "https://\(mine.id).desk.test/deep")
            let bare = try await door.ask(
                .get,
                "/.carrel/enter?ticket=\(try await ticket())",
                headers: Self.at(mine.id)
            )
            #expect(bare.status == 403 && bare.cookies.isEmpty)
            let astray = try await door.ask(
                .get,
                "/.carrel/enter?ticket=\(try await ticket())",
                headers: Self.at(other.id, cookie: mark)
            )
            #expect(astray.cookies.isEmpty && astray.location == "https://\(other.id).desk.test/")
            for rubbish in ["", "?ticket=", "?ticket=x", "?ticket=\(String(repeating: "A", count: 43))"] {
                let answer = try await door.ask(
                    .get,
                    "/.carrel/enter\(rubbish)",
                    headers: Self.at(mine.id, cookie: mark)
                )
                #expect(answer.cookies.isEmpty && answer.status == 303, "\(rubbish)")
            }
            let looked = try await door.ask(
                .head,
                "/.carrel/enter?ticket=\(try await ticket())",
                headers: Self.at(mine.id, cookie: mark)
            )
            #expect(looked.status == 405)
        }
    }

    @Test("Only who may enter is given a ticket; others hear what they hear of one that does not exist")
    func strangers() async throws {
        let house = try house()
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id)
        let browser = BrowserMark.digest(of: "x")
        try await house.open { door async throws in
            let uri = "/enter?workspace=\(mine.id)&browser=\(browser)&to=/"
            let missing = "/enter?workspace=ws-aaaaaaaaaaaaaaaa&browser=\(browser)&to=/"
            for user in [house.ben, house.olga] {
                let found = try await door.ask(.get, uri, as: user, headers: Door.tab)
                let absent = try await door.ask(.get, missing, as: user, headers: Door.tab)
                #expect(found.status == 404 && absent.status == 404)
            }
            let nobody = try await door.ask(.get, uri, headers: Door.tab)
            #expect(nobody.status == 303)
            #expect(try #require(nobody.location).hasPrefix("/sign-in?next=/enter%3Fworkspace%3D\(mine.id)"))
            let token = house.signIn.token([.workspaces], user: house.ada.id)
            #expect(try await door.ask(.get, uri, token: token).status == 404)
            #expect(house.signIn.state.withLock { $0.entries.isEmpty })
        }
    }

    @Test(
        "A frame, an image or a script gets no ticket",
        arguments: [("navigate", "iframe"), ("no-cors", "image"), ("cors", "empty"), ("navigate", "object")]
    )
    func framed(mode: String, destination: String) async throws {
        let house = try house()
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id)
        try await house.open { door async throws in
            let fetch = ["Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": destination, "Sec-Fetch-Site": "same-site"]
            var headers = Door.tab
            for (name, value) in fetch { if let name = HTTPField.Name(name) { headers[name] = value } }
            let uri = "/enter?workspace=\(mine.id)&browser=\(BrowserMark.digest(of: "x"))&to=/"
            #expect(try await door.ask(.get, uri, as: house.ada, headers: headers).status == 403)
            let outside = try await door.ask(.get, "/lab", headers: Self.at(mine.id, fetch))
            #expect(outside.status == (mode == "navigate" ? 403 : 401))
            #expect(house.signIn.state.withLock { $0.entries.isEmpty })
        }
    }

    @Test(
        "Whatever path is asked for, the way leads into the workspace's own origin",
        arguments: [
            "//evil.test/", "/\\evil.test", "https://evil.test/", "/..//evil.test", "/%2e%2e/x", "evil.test",
            "@evil.test/",
            ".evil.test/", ":443@evil.test", "/\u{0}", "/a\r\nLocation: https://evil.test", "///evil.test",
            "/\t/evil.test",
            "javascript:alert(1)", "?x", "#x", "", "/%5cevil.test", "/.//evil.test", "/a//b",
        ]
    )
    func openRedirects(path: String) async throws {
        let house = try house()
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id)
        try await house.open { door async throws in
            let mark = BrowserMark.make()
            let uri =
                "/enter?workspace=\(mine.id)&browser=\(BrowserMark.digest(of: mark))&to=\(PercentCoding.encoded(path))"
            let back = try #require(try await door.ask(.get, uri, as: house.ada, headers: Door.tab).location)
            let own = "https://\(mine.id).desk.test/"
            #expect(back.hasPrefix(own + ".carrel/enter?ticket="))
            let ticket = String(back.split(separator: "=").last ?? "")
            let last = try await door.ask(
                .get,
                "/.carrel/enter?ticket=\(ticket)",
                headers: Self.at(mine.id, cookie: "inside-mark=\(mark)")
            )
            let place = try #require(last.location)
            #expect(place == own || place == own + "%5cevil.test", "\(path) → \(place)")
        }
    }

    @Test("Programs without the cookie are told 401; with it, why the workspace is not there")
    func programs() async throws {
        let house = try house()
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id)
        let over = try house.workspaces.add("jupyter", owner: house.ada.id, name: "old", phase: .ended)
        try await house.open { door async throws in
            func ask(_ id: WorkspaceID, _ method: HTTPRequest.Method, cookie: String?) async throws -> Answer {
                var headers: HTTPFields = [.workspace: id.description]
                if let cookie { headers[.cookie] = cookie }
                return try await door.ask(method, "/api/kernels", headers: headers)
            }
            for method in [HTTPRequest.Method.get, .post, .put, .delete] {
                #expect(try await ask(mine.id, method, cookie: nil).status == 401)
                #expect(try await ask(mine.id, method, cookie: "inside=forged").status == 401)
            }
            let (last, _, _) = try await walk(door, house, mine.id, path: "/", as: house.ada)
            let inside = Self.pair(try #require(last.cookies.first))
            #expect(try await ask(mine.id, .get, cookie: inside).status == 503)
            #expect(try await ask(over.id, .get, cookie: inside).status == 401, "another workspace's cookie")
            let principal = try #require(house.signIn.state.withLock { $0.inside["in-\(mine.id)"] })
            house.signIn.state.withLock { state in
                state.inside["in-over"] = Principal(
                    user: principal.user,
                    credential: principal.credential,
                    expiresAt: principal.expiresAt,
                    workspace: over.id
                )
            }
            #expect(try await ask(over.id, .get, cookie: "inside=in-over").status == 410)
            let token = house.signIn.token([.workspaces], user: house.ben.id)
            let stranger = try await door.ask(.get, "/", token: token, headers: [.workspace: mine.id.description])
            #expect(stranger.status == 404)
        }
    }

    @Test("Nothing of the hub is served on a workspace's name")
    func hubPaths() async throws {
        let house = try house()
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id)
        try await house.open { door async throws in
            for path in ["/api/v1/me", "/sign-in", "/", "/assets/style.css", "/enter", "/open/jupyter"] {
                // With the hub's session too, which no browser sends there.
                let program = try await door.ask(.get, path, as: house.ada, headers: [.workspace: mine.id.description])
                #expect(program.status == 401, "\(path)")
                let page = try await door.ask(.get, path, as: house.ada, headers: Self.at(mine.id))
                #expect(try #require(page.location).hasPrefix("https://work.example.org/enter?"), "\(path)")
            }
            let page = try await door.ask(.get, "/sign-in", headers: Self.at(nil))
            #expect(page.location == "https://work.example.org/")
            #expect(try await door.ask(.get, "/api/v1/me", headers: [.workspace: "none"]).status == 404)
            #expect(try await door.ask(.get, "/.carrel/else", headers: Self.at(mine.id)).status == 404)
        }
    }

    @Test("On the hub's name a workspace's address leads to its own name, once the gateway leads there")
    func hubAddress() async throws {
        let house = try house()
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id)
        let starting = try house.workspaces.add("shiny", owner: house.ada.id, phase: .starting)
        try await house.open { door async throws in
            let page = try await door.ask(.get, "/w/\(mine.id)/lab?a=b", as: house.ada, headers: Door.tab)
            #expect(page.status == 303 && page.location == "https://\(mine.id).desk.test/lab?a=b")
            #expect(try await door.ask(.get, "/w/\(mine.id)/lab", as: house.ada).status == 404)
            #expect(try await door.ask(.get, "/w/\(mine.id)/", as: house.ben, headers: Door.tab).status == 404)
            let progress = try await door.ask(.get, "/w/\(starting.id)/", as: house.ada, headers: Door.tab)
            #expect(progress.status == 200 && progress.text.contains("data-events"))
            let uri = "/enter?workspace=\(starting.id)&browser=\(BrowserMark.digest(of: "x"))&to=/lab%3Fa"
            let waiting = try await door.ask(.get, uri, as: house.ada, headers: Door.tab)
            #expect(waiting.location == "/w/\(starting.id)/lab?a")
            let view = try await door.ask(.get, "/api/v1/workspaces/\(mine.id)", as: house.ada)
            #expect(view.field("url") == "https://\(mine.id).desk.test/")
        }
    }

    @Test("The hub's pages let forms lead into workspaces, and into nothing else")
    func policy() async throws {
        let house = try house()
        try await house.open { door async throws in
            let policy = try #require(try await door.ask(.get, "/sign-in").header("Content-Security-Policy"))
            #expect(policy.contains("form-action 'self' https://*.desk.test;"))
            #expect(policy.contains("frame-ancestors 'none'"))
        }
        try await House().open { door async throws in
            let policy = try #require(try await door.ask(.get, "/sign-in").header("Content-Security-Policy"))
            #expect(policy.contains("form-action 'self';"))
            #expect(try await door.ask(.get, "/enter", headers: Door.tab).status == 303)
        }
    }
}
