import CarrelCore
import CarrelWorkspaces
import HTTPTypes
import Testing

@testable import CarrelWeb

@Suite("A workspace's address where the gateway has no route")
struct WorkspaceAddressTests {
    @Test("Somebody else's workspace, a spare, and none at all are the same 404, byte for byte")
    func sameNotFound() async throws {
        let house = try House()
        let bens = try house.workspaces.add("jupyter", owner: house.ben.id)
        let spare = try house.workspaces.add("jupyter", owner: nil)
        let gone = try house.workspaces.add("jupyter", owner: house.ben.id, phase: .ended)
        let paths = [
            "\(bens.id)/lab", "\(spare.id)/lab", "\(gone.id)/lab", "\(bens.id)", "ws-aaaaaaaaaaaaaaaa/lab", "x",
        ]
        try await house.open { door async throws in
            for headers in [Door.tab, [:], Door.fields(["Upgrade": "websocket"])] {
                var seen: Set<String> = []
                for path in paths {
                    var headers = headers
                    headers[.requestID] = "same"
                    let answer = try await door.ask(.get, "/w/\(path)", as: house.ada, headers: headers)
                    #expect(answer.status == 404)
                    seen.insert("\(answer.headers) \(answer.text.replacing(answer.csrf, with: ""))")
                }
                #expect(seen.count == 1)
            }
        }
    }

    @Test("Not signed in: a page is sent to sign in and comes back, everything else gets 401")
    func nobody() async throws {
        let house = try House()
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id)
        try await house.open { door async throws in
            let page = try await door.ask(.get, "/w/\(mine.id)/lab?x", headers: Door.tab)
            #expect(page.location == "/sign-in?next=/w/\(mine.id)/lab%3Fx")
            #expect(try await door.ask(.get, "/w/\(mine.id)/api").status == 401)
            #expect(try await door.ask(.post, "/w/\(mine.id)/lab", headers: Door.tab).status == 401)
            let socket = Door.fields(["Upgrade": "websocket", "Accept": "text/html"])
            #expect(try await door.ask(.get, "/w/\(mine.id)/ws", headers: socket).status == 401)
        }
    }

    @Test(
        "On its way it shows its owner how it comes along, and programs when to come back",
        arguments: [
            (Phase.queued, "You are number 1 in the queue.", "10"), (.starting, "Your workspace is starting.", "2"),
            (.ready, "Your workspace is ready.", "2"), (.paused, "Your workspace is waking up.", "2"),
        ]
    )
    func progress(_ phase: Phase, _ message: String, _ after: String) async throws {
        let house = try House()
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id, phase: phase)
        try await house.open { door async throws in
            let page = try await door.ask(.get, "/w/\(mine.id)/lab?x=%22", as: house.ada, headers: Door.tab)
            #expect(page.status == 200)
            #expect(page.text.contains(message))
            #expect(page.text.contains("data-target=\"/w/\(mine.id)/lab?x=%22\""))
            #expect(page.text.contains("http-equiv=\"refresh\""))
            let call = try await door.ask(.post, "/w/\(mine.id)/api", as: house.ada)
            #expect(call.status == 503)
            #expect(call.header("Retry-After") == after)
            #expect(call.header("Content-Type") == "application/problem+json")
        }
    }

    @Test("Ended, a page is led to open a new one at the same place")
    func ended() async throws {
        let house = try House()
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id, name: "b", phase: .ended)
        try await house.open { door async throws in
            let page = try await door.ask(.get, "/w/\(mine.id)/lab?x=1", as: house.ada, headers: Door.tab)
            #expect(page.status == 303)
            #expect(page.location == "/open/jupyter/lab?name=b&x=1")
        }
    }

    @Test(
        "Ended, a program is told so and sent nowhere",
        arguments: [
            (HTTPRequest.Method.post, [:]), (.get, ["Sec-Fetch-Mode": "cors"]), (.get, ["Upgrade": "websocket"]),
        ]
    )
    func endedForPrograms(_ method: HTTPRequest.Method, _ headers: [String: String]) async throws {
        let house = try House()
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id, phase: .ended)
        try await house.open { door async throws in
            let uri = "/w/\(mine.id)/api"
            let answer = try await door.ask(method, uri, as: house.ada, headers: Door.fields(headers))
            #expect(answer.status == 410)
            #expect(answer.field("code") == "ended")
        }
    }

    @Test("One that failed says why, with its last lines, and starts again only when asked to")
    func failed() async throws {
        let house = try House()
        let reason = EndReason.failed("the command was not found.")
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id, phase: .ended, reason: reason)
        try await house.open { door async throws in
            let page = try await door.ask(.get, "/w/\(mine.id)/", as: house.ada, headers: Door.tab)
            #expect(page.status == 502)
            #expect(page.text.contains("the command was not found."))
            #expect(page.text.contains("line &lt;two&gt;"))
            #expect(page.text.contains("action=\"/open/jupyter\""))
        }
    }

    @Test("While it is put away, opening and the address do not send each other round in a circle")
    func stopping() async throws {
        let house = try House()
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id, phase: .stopping)
        try await house.open { door async throws in
            let opened = try await door.ask(.get, "/open/jupyter", as: house.ada, headers: Door.tab)
            #expect(opened.location == "/w/\(mine.id)/")
            let page = try await door.ask(.get, "/w/\(mine.id)/", as: house.ada, headers: Door.tab)
            #expect(page.status == 200)
            #expect(page.text.contains("is being put away"))
        }
    }

    @Test("Without the slash at its end the address is completed")
    func slash() async throws {
        let house = try House()
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id)
        try await house.open { door async throws in
            #expect(try await door.ask(.get, "/w/\(mine.id)?x=1", as: house.ada).location == "/w/\(mine.id)/?x=1")
        }
    }
}

extension Answer {
    /// The CSRF token on the page: another one for each session.
    fileprivate var csrf: String {
        text.firstRange(of: "csrf-of-").map { String(text[$0.lowerBound...].prefix { $0 != "\"" }) } ?? "none"
    }
}
