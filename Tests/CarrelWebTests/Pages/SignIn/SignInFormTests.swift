import CarrelCore
import HTTPTypes
import Synchronization
import Testing

@testable import CarrelWeb

@Suite("Signing in with a form")
struct SignInFormTests {
    /// Loads the page and sends its form back, as a browser would.
    private func submit(
        _ door: Door,
        page: String = "/sign-in",
        user: String = "ada",
        password: String = "open sesame",
        next: String? = nil,
        csrf: String? = nil
    ) async throws -> Answer {
        let shown = try await door.ask(.get, page, headers: Door.tab)
        let cookie = try #require(shown.cookies.first?.split(separator: ";").first)
        var headers = Door.tab
        headers[.cookie] = String(cookie)
        let token = "csrf-of-" + (cookie.split(separator: "=").last ?? "")
        #expect(shown.text.contains("value=\"\(token)\""))
        var form = ["username": user, "password": password, "csrf": csrf ?? token]
        form["next"] = next
        return try await door.ask(.post, "/sign-in/here", headers: headers, form: form)
    }

    @Test("The right password sets the session's cookie, out of reach of scripts, and leads to the portal")
    func entersWithPassword() async throws {
        try await House().open { door async throws in
            let answer = try await submit(door)
            #expect(answer.status == 303)
            #expect(answer.location == "/")
            let cookie = try #require(answer.cookies.first { $0.hasPrefix("carrel=c-s-") })
            #expect(cookie.hasSuffix("; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600; Secure"))
        }
    }

    @Test("Without TLS the cookie does not ask for it")
    func insecure() async throws {
        var house = try House()
        house.settings.users.publicOrigin = "http://127.0.0.1:8080"
        try await house.open { door async throws in
            let cookie = try await submit(door).cookies.first { $0.hasPrefix("carrel=c-") }
            #expect(cookie?.contains("Secure") == false)
        }
    }

    @Test("Signing in leads to the default app where there is one")
    func defaultApp() async throws {
        var house = try House()
        house.settings.defaultApp = AppID("jupyter")
        try await house.open { door async throws in #expect(try await submit(door).location == "/open/jupyter") }
    }

    @Test(
        "Signing in leads on to a path of this host, and to no other host",
        arguments: [
            ("/open/jupyter/lab", "/open/jupyter/lab"), ("//evil.example", "/"), ("https://evil.example/", "/"),
            ("/\\evil.example", "/"), ("javascript:alert(1)", "/"),
        ]
    )
    func next(_ asked: String, _ expected: String) async throws {
        try await House().open { door async throws in #expect(try await submit(door, next: asked).location == expected)
        }
    }

    @Test("A wrong password shows the form again with one sentence and the name, and sets no session")
    func wrongPassword() async throws {
        try await House().open { door async throws in
            let answer = try await submit(door, password: "guess")
            #expect(answer.status == 401)
            #expect(answer.text.contains("Name or password is wrong."))
            #expect(answer.text.contains("value=\"ada\""))
            #expect(!answer.text.contains("guess"))
            #expect(!answer.cookies.contains { $0.hasPrefix("carrel=") })
        }
    }

    @Test("Too many tries are answered with 429")
    func tooMany() async throws {
        let house = try House()
        house.signIn.refuse(CarrelError(.tooManyRequests, "Too many tries. Wait a minute."))
        try await house.open { door async throws in #expect(try await submit(door).status == 429) }
    }

    @Test("A form that was not made for this browser signs nobody in", arguments: ["", "csrf-of-form-of-another"])
    func foreignForm(_ token: String) async throws {
        try await House().open { door async throws in
            let answer = try await submit(door, csrf: token)
            #expect(answer.status == 403)
            #expect(!answer.cookies.contains { $0.hasPrefix("carrel=") })
        }
    }

    @Test("A form sent by another site signs nobody in")
    func crossSite() async throws {
        try await House().open { door async throws in
            let binding = "form-" + String(repeating: "a", count: 26)
            let headers = Door.fields([
                "Cookie": "carrel-form=\(binding)", "Sec-Fetch-Site": "cross-site", "Accept": "text/html",
            ])
            let form = ["username": "ada", "password": "open sesame", "csrf": "csrf-of-\(binding)"]
            let answer = try await door.ask(.post, "/sign-in/here", headers: headers, form: form)
            #expect(answer.status == 403)
        }
    }

    @Test("The operators' listener lets no ordinary member in, and ends the session again")
    func operatorsOnly() async throws {
        let house = try House()
        try await house.open(.operators) { door async throws in
            #expect(try await submit(door, user: "ada").status == 403)
            #expect(house.signIn.state.withLock { $0.sessions.isEmpty })
            let answer = try await submit(door, user: "olga")
            #expect(answer.status == 303)
            #expect(answer.cookies.contains { $0.hasPrefix("carrel-operators=c-s-") })
        }
    }

    @Test("A provider that is not there is 404")
    func unknownProvider() async throws {
        try await House().open { door async throws in
            #expect(try await door.ask(.get, "/sign-in/nobody").status == 404)
            #expect(try await door.ask(.post, "/sign-in/company", form: ["username": "a"]).status == 404)
        }
    }

    @Test("Signing out ends the session and removes the cookie")
    func signOut() async throws {
        let house = try House()
        try await house.open { door async throws in
            let answer = try await door.ask(.post, "/sign-out", as: house.ada, headers: Door.tab, form: [:])
            #expect(answer.location == "/sign-in")
            #expect(answer.cookies.first?.hasPrefix("carrel=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0") == true)
            #expect(house.signIn.state.withLock { $0.sessions.isEmpty })
        }
    }

    @Test("A disabled member is out at once")
    func disabled() async throws {
        let house = try House()
        try await house.open { door async throws in
            #expect(try await door.ask(.get, "/api/v1/me", as: house.ada).status == 200)
            house.signIn.change(house.ada.id) { $0.isDisabled = true }
            #expect(try await door.ask(.get, "/api/v1/me", as: house.ada).status == 401)
            #expect(try await door.ask(.get, "/", as: house.ada, headers: Door.tab).location == "/sign-in")
        }
    }
}
