import CarrelCore
import HTTPTypes
import Testing

@testable import CarrelWeb

@Suite("The lasting link")
struct OpenPageTests {
    @Test("A person who goes there in a tab is given a workspace and led to the path in it, with the claim's trace")
    func claims() async throws {
        let house = try House()
        try await house.open { door async throws in
            let uri = "/open/jupyter/lab/tree/a%20b.ipynb?name=thesis&reset&x=1"
            let answer = try await door.ask(.get, uri, as: house.ada, headers: Door.tab)
            let mine = try #require(try await house.workspaces.workspaces(of: house.ada.id).first)
            #expect(answer.status == 303)
            #expect(answer.location == "/w/\(mine.id)/lab/tree/a%20b.ipynb?reset&x=1")
            #expect(mine.name.description == "thesis")
            #expect(
                answer.header("Server-Timing")
                    == "claim;desc=\"spare\", queue;dur=0.0, commit;dur=0.25, attach;dur=1.5, route;dur=0.125"
            )
        }
    }

    @Test(
        "Anything but a person in a tab gets a page with a button, and claims nothing",
        arguments: [
            [:], ["Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"],
            ["Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"],
            ["Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"],
            ["Sec-Fetch-Dest": "document"],
        ]
    )
    func button(_ headers: [String: String]) async throws {
        let house = try House()
        try await house.open { door async throws in
            let answer = try await door.ask(.get, "/open/jupyter/lab?x=1", as: house.ada, headers: Door.fields(headers))
            #expect(answer.status == 200)
            #expect(answer.text.contains("action=\"/open/jupyter/lab?x=1\""))
            #expect(house.workspaces.claims == 0)
        }
    }

    @Test("Looking with HEAD claims nothing")
    func head() async throws {
        let house = try House()
        try await house.open { door async throws in
            #expect(try await door.ask(.head, "/open/jupyter", as: house.ada, headers: Door.tab).text.isEmpty)
            #expect(house.workspaces.claims == 0)
        }
    }

    @Test("The button claims, with its CSRF token only")
    func pressed() async throws {
        let house = try House()
        try await house.open { door async throws in
            let uri = "/open/jupyter/lab"
            let forged = try await door.ask(.post, uri, as: house.ada, headers: Door.tab, csrf: false, form: [:])
            #expect(forged.status == 403)
            #expect(house.workspaces.claims == 0)
            let answer = try await door.ask(.post, uri, as: house.ada, headers: Door.tab, form: ["name": "b"])
            let mine = try #require(try await house.workspaces.workspaces(of: house.ada.id).first)
            #expect(answer.location == "/w/\(mine.id)/lab")
            #expect(mine.name.description == "b")
        }
    }

    @Test("Whoever is not signed in is sent to sign in first, and comes back")
    func signsInFirst() async throws {
        try await House().open { door async throws in
            let answer = try await door.ask(.get, "/open/jupyter/lab?a=1&b=2", headers: Door.tab)
            #expect(answer.status == 303)
            #expect(answer.location == "/sign-in?next=/open/jupyter/lab%3Fa%3D1%26b%3D2")
        }
    }

    @Test(
        "An unknown app, one that is closed to the member, and one that can't be are the same 404",
        arguments: [
            "/open/none", "/open/shiny", "/open/NOT%20AN%20APP",
        ]
    )
    func closed(_ uri: String) async throws {
        let house = try House()
        try await house.open { door async throws in
            for headers in [Door.tab, [:]] {
                let answer = try await door.ask(.get, uri, as: house.ben, headers: headers)
                #expect(answer.status == 404)
            }
        }
    }

    @Test(
        "A path that would lead out of the workspace is refused",
        arguments: [
            "/open/jupyter/../../sign-out", "/open/jupyter/a/%2e%2E/b", "/open/jupyter/.%2e", "/open/jupyter/a\\b",
        ]
    )
    func climbs(_ uri: String) async throws {
        let house = try House()
        try await house.open { door async throws in
            #expect(try await door.ask(.get, uri, as: house.ada, headers: Door.tab).status == 400)
            #expect(house.workspaces.claims == 0)
        }
    }

    @Test("A claim that is refused says why on a page with a way back")
    func refused() async throws {
        let house = try House()
        house.workspaces.fail(with: CarrelError(.limitReached, "You have 2 of these already."))
        try await house.open { door async throws in
            let answer = try await door.ask(.get, "/open/jupyter", as: house.ada, headers: Door.tab)
            #expect(answer.status == 409)
            #expect(answer.text.contains("You have 2 of these already."))
            #expect(answer.text.contains("href=\"/\""))
        }
    }

    @Test("The link that opens an ended workspace again keeps its name, its path and the app's query")
    func address() throws {
        let house = try House()
        let plain = try house.workspaces.add("jupyter", owner: house.ada.id)
        let named = try house.workspaces.add("jupyter", owner: house.ada.id, name: "b")
        #expect(OpenPage.address(of: plain) == "/open/jupyter")
        #expect(OpenPage.address(of: plain, rest: "lab", query: "x=1") == "/open/jupyter/lab?x=1")
        #expect(OpenPage.address(of: named, rest: "lab", query: "x=1") == "/open/jupyter/lab?name=b&x=1")
        #expect(OpenPage.address(of: plain, query: "name=app") == "/open/jupyter?name=default&name=app")
    }
}
