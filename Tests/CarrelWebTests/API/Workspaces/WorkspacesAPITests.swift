import CarrelCore
import CarrelIdentity
import CarrelWorkspaces
import HTTPTypes
import Synchronization
import Testing

@testable import CarrelWeb

@Suite("The workspaces API")
struct WorkspacesAPITests {
    @Test("A workspace has exactly the fields of the contract")
    func shape() async throws {
        let house = try House()
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id, name: "thesis")
        try await house.open { door async throws in
            let answer = try await door.ask(.get, "/api/v1/workspaces/\(mine.id)", as: house.ada)
            let at = "2026-01-05T09:00:00.000Z"
            #expect(
                answer.text
                    == #"{"app":"jupyter","createdAt":"\#(at)","id":"\#(mine.id)","lastActiveAt":"\#(at)","#
                    + #""name":"thesis","owner":"\#(house.ada.id)","ownerName":"ada","phase":"ready","#
                    + #""readyAt":"\#(at)","trace":{"attach":1.5,"commit":0.25,"queue":0,"route":0.125,"#
                    + #""source":"spare"},"url":"https://work.example.org/w/\#(mine.id)/"}"#
            )
        }
    }

    @Test("A spare says that it has no owner; an ended one says why; a queued one says its place")
    func others() async throws {
        let house = try House()
        let spare = try house.workspaces.add("jupyter", owner: nil)
        let ended = try house.workspaces.add("jupyter", owner: house.ada.id, phase: .ended, reason: .lifetime)
        let queued = try house.workspaces.add("jupyter", owner: house.ada.id, name: "q", phase: .queued)
        try await house.open(.operators) { door async throws in
            let path = "/api/v1/workspaces/"
            #expect(try await door.ask(.get, path + "\(spare.id)", as: .operator).text.contains(#""owner":null"#))
            #expect(try await door.ask(.get, path + "\(ended.id)", as: .operator).field("reason") == "lifetime")
            #expect(try await door.ask(.get, path + "\(queued.id)", as: .operator).text.contains(#""queue":1"#))
        }
    }

    @Test(
        "A claim answers 201 when it is ready and 202 when it starts or waits",
        arguments: [
            (Phase.ready, 201), (.starting, 202), (.queued, 202),
        ]
    )
    func claim(_ phase: Phase, _ status: Int) async throws {
        let house = try House()
        house.workspaces.claimNext(as: phase)
        try await house.open { door async throws in
            let body = #"{"app":"jupyter","name":"b"}"#
            let answer = try await door.ask(.post, "/api/v1/workspaces", as: house.ada, json: body)
            #expect(answer.status == status)
            #expect(answer.field("phase") == phase.rawValue)
            #expect(answer.location == "/api/v1/workspaces/\(answer.field("id") ?? "")")
            #expect((answer.header("Server-Timing") != nil) == (phase == .ready))
        }
    }

    @Test(
        "What is wrong with a body is said with the right status",
        arguments: [
            (#"{"app":"#, "application/json", 400, "invalid-request"),
            (#"{}"#, "application/json", 400, "invalid-request"),
            (#"{"app":7}"#, "application/json", 400, "invalid-request"),
            (#"[]"#, "application/json", 400, "invalid-request"),
            (#"{"app":"jupyter","name":"Not A Name"}"#, "application/json", 400, "invalid-request"),
            (#"{"app":"jupyter"}"#, "text/plain", 415, "unsupported-media-type"),
            (#"{"app":"none"}"#, "application/json; charset=utf-8", 404, "not-found"),
            (#"{"app":"shiny"}"#, "application/json", 404, "not-found"),
            (#"{"app":"../etc"}"#, "application/json", 404, "not-found"),
            (#"{"app":"jupyter","user":"here:ada"}"#, "application/json", 404, "not-found"),
        ]
    )
    func badBodies(_ body: String, _ type: String, _ status: Int, _ code: String) async throws {
        let house = try House()
        try await house.open { door async throws in
            let headers: HTTPFields = [.contentType: type]
            let answer = try await door.ask(.post, "/api/v1/workspaces", as: house.ben, headers: headers, json: body)
            #expect(answer.status == status)
            #expect(answer.field("code") == code)
            #expect(try await house.workspaces.living().isEmpty)
        }
    }

    @Test("An app that is not there is said so, also for a member who is not there, and none is made")
    func unknownAppAndMember() async throws {
        let house = try House()
        try await house.open(.operators) { door async throws in
            for (app, user, sentence) in [
                ("none", "here:new", "There is no such app"), ("none", "here:ada", "There is no such app"),
                ("jupyter", "company:new", "There is no such member"),
            ] {
                let body = #"{"app":"\#(app)","user":"\#(user)"}"#
                let answer = try await door.ask(.post, "/api/v1/workspaces", as: .operator, json: body)
                #expect(answer.status == 404)
                #expect(answer.field("detail")?.hasPrefix(sentence) == true, "\(app) for \(user)")
            }
            #expect(house.workspaces.claims == 0)
        }
    }

    @Test("A body beyond 64 KiB is 413")
    func tooLarge() async throws {
        let house = try House()
        let body = #"{"app":""# + String(repeating: "a", count: 70_000) + #""}"#
        try await house.open { door async throws in
            #expect(try await door.ask(.post, "/api/v1/workspaces", as: house.ada, json: body).status == 413)
        }
    }

    @Test("A cookie alone changes nothing: the CSRF header must come with it, and from our own pages")
    func csrf() async throws {
        let house = try House()
        try await house.open { door async throws in
            let body = #"{"app":"jupyter"}"#
            let uri = "/api/v1/workspaces"
            #expect(try await door.ask(.post, uri, as: house.ada, csrf: false, json: body).status == 403)
            let foreign = Door.fields(["Sec-Fetch-Site": "same-site"])
            #expect(try await door.ask(.post, uri, as: house.ada, headers: foreign, json: body).status == 403)
            #expect(house.workspaces.claims == 0)
        }
    }

    @Test("/api/v1/me hands out the CSRF token that the next change needs")
    func csrfFromMe() async throws {
        let house = try House()
        let signedIn = house.signIn.session(for: house.ada)
        try await house.open { door async throws in
            let cookie: HTTPFields = [.cookie: "carrel=\(signedIn.cookie)"]
            let token = try #require(try await door.ask(.get, "/api/v1/me", headers: cookie).field("csrf"))
            var headers = cookie
            headers[.csrf] = token
            let answer = try await door.ask(.post, "/api/v1/workspaces", headers: headers, json: #"{"app":"jupyter"}"#)
            #expect(answer.status == 201)
        }
    }

    @Test("A token for one member acts as that member only, on both listeners")
    func boundToken() async throws {
        let house = try House()
        let bens = try house.workspaces.add("jupyter", owner: house.ben.id)
        for scopes in [Set<Scope>([.workspaces]), [.operate], [.observe]] {
            let token = house.signIn.token(scopes, user: house.ada.id)
            for listener in [HubListener.users, .operators] {
                try await house.open(listener) { door async throws in
                    #expect(try await door.ask(.get, "/api/v1/workspaces/\(bens.id)", token: token).status == 404)
                    #expect(try await door.ask(.get, "/api/v1/workspaces", token: token).text == "[]")
                    let asked = try await door.ask(.get, "/api/v1/workspaces?user=here:ben", token: token)
                    #expect(asked.status == (listener == .users ? 200 : 404))
                    #expect(!asked.text.contains(bens.id.description))
                }
            }
        }
    }

    @Test("An integrator's token claims for any member, and makes one that a local provider did not know yet")
    func forOthers() async throws {
        let house = try House()
        let token = house.signIn.token([.workspaces])
        try await house.open(.operators) { door async throws in
            let body = #"{"app":"jupyter","user":"school:carol"}"#
            let answer = try await door.ask(.post, "/api/v1/workspaces", token: token, json: body)
            #expect(answer.status == 201)
            #expect(answer.field("ownerName") == "carol")
            let listed = try await door.ask(.get, "/api/v1/workspaces?user=school:carol", token: token)
            #expect(listed.text.contains(try #require(answer.field("id"))))
            let unknown = #"{"app":"jupyter","user":"company:carol"}"#
            #expect(try await door.ask(.post, "/api/v1/workspaces", token: token, json: unknown).status == 404)
            #expect(
                try await door.ask(.post, "/api/v1/workspaces", token: token, json: #"{"app":"jupyter"}"#).status == 400
            )
        }
    }

    @Test("Events come as they are: the state, the place in the queue, the sentence")
    func events() async throws {
        let house = try House()
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id, phase: .queued)
        house.workspaces.state.withLock {
            $0.events = [WorkspaceEvent(workspace: mine, queuePosition: 4, message: "Waiting for room.")]
        }
        try await house.open { door async throws in
            let answer = try await door.ask(.get, "/api/v1/workspaces/\(mine.id)/events", as: house.ada)
            #expect(answer.header("Content-Type") == "text/event-stream; charset=utf-8")
            #expect(answer.text.hasPrefix("event: workspace\ndata: {"))
            #expect(answer.text.hasSuffix("}\n\n"))
            #expect(answer.text.contains(#""queue":4"#))
            #expect(answer.field("message") == "Waiting for room.")
            #expect(answer.field("ownerName") == "ada")
        }
    }

    @Test("Logs come as text, or as events that go on")
    func logs() async throws {
        let house = try House()
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id)
        let uri = "/api/v1/workspaces/\(mine.id)/logs"
        try await house.open { door async throws in
            let text = try await door.ask(.get, uri, as: house.ada)
            #expect(text.header("Content-Type") == "text/plain; charset=utf-8")
            #expect(text.text == "line one\nline <two>")
            let stream = try await door.ask(.get, uri + "?follow=1", as: house.ada)
            #expect(stream.text == "data: line one\ndata: line <two>\n\ndata: line three\n\n")
            #expect(try await door.ask(.get, uri + "?lines=0", as: house.ada).status == 400)
            #expect(try await door.ask(.get, uri + "?lines=many", as: house.ada).status == 400)
        }
    }

    @Test("Who signed out, or whose token was revoked, is sent no further line of a log")
    func followingEnds() async throws {
        let house = try House()
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id)
        let uri = "/api/v1/workspaces/\(mine.id)/logs?follow=1"
        let signIn = house.signIn
        house.workspaces.state.withLock { state in
            state.whenFollowed = {
                signIn.state.withLock { known in
                    known.sessions.removeAll()
                    known.tokens.removeAll()
                }
            }
        }
        try await house.open { door async throws in
            #expect(try await door.ask(.get, uri, as: house.ada).text == "")
            let token = house.signIn.token([.workspaces], user: house.ada.id)
            #expect(try await door.ask(.get, uri, token: token).text == "")
        }
    }
}
