import CarrelCore
import CarrelIdentity
import CarrelWeb
import HTTPTypes
import Synchronization
import Testing

@Suite("Signing in at a provider, as browsers see it")
struct ProviderPagesTests {
    private let house: House
    private static let cookie = "carrel-form=form-aaaaaaaaaaaaaaaaaaaaaaaaaa"

    init() throws { house = try House() }

    private func tab(_ cookie: String? = Self.cookie) -> HTTPFields {
        var fields = Door.tab
        fields[.cookie] = cookie
        return fields
    }

    @Test("The sign-in page leads to the provider, and takes along where to go on")
    func link() async throws {
        try await house.open { door in
            let page = try await door.ask(.get, "/sign-in?next=/open/jupyter", headers: tab(nil))
            #expect(page.text.contains("href=\"/sign-in/company?next=/open/jupyter\""))
            #expect(page.text.contains("Company account"))
            #expect(!page.text.contains("does not answer"))
        }
    }

    @Test("The sign-in page says that a provider is down")
    func down() async throws {
        house.signIn.state.withLock { $0.isDown = true }
        try await house.open { door in
            let page = try await door.ask(.get, "/sign-in", headers: tab(nil))
            #expect(page.text.contains("Company account does not answer right now."))
        }
    }

    @Test("A browser is led to the provider with a value that only it holds")
    func begin() async throws {
        try await house.open { door in
            let first = try await door.ask(.get, "/sign-in/company?next=/open/jupyter", headers: tab(nil))
            #expect(first.status == 303)
            let cookie = try #require(first.cookies.first)
            #expect(cookie.hasPrefix("carrel-form=form-"))
            #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Secure"))
            let value = cookie.dropFirst("carrel-form=".count).prefix { $0 != ";" }
            let location = try #require(first.location)
            #expect(location.hasSuffix("browser=\(value)"))
            #expect(
                location.contains("redirect_uri=https://work.example.org/sign-in/company/callback&next=/open/jupyter")
            )
            let again = try await door.ask(.get, "/sign-in/company", headers: tab())
            #expect(again.cookies.isEmpty)
            #expect(again.location?.hasSuffix("form-aaaaaaaaaaaaaaaaaaaaaaaaaa") == true)
        }
    }

    @Test("Link checkers, forged hosts and foreign paths begin and end nothing")
    func others() async throws {
        try await house.open { door in
            #expect(try await door.ask(.head, "/sign-in/company", headers: tab()).status == 405)
            let callback = "/sign-in/company/callback?code=ada&state=/"
            #expect(try await door.ask(.head, callback, headers: tab()).status == 405)
            #expect(try await door.ask(.post, callback, headers: tab()).status == 405)
            #expect(try await door.ask(.get, "/sign-in/nobody", headers: tab()).status == 404)
            #expect(try await door.ask(.get, "/sign-in/here/callback?code=ada", headers: tab()).status == 404)
            var forged = tab()
            if let name = HTTPField.Name("X-Forwarded-Host") { forged[name] = "evil.example" }
            let answer = try await door.ask(.get, "/sign-in/company", headers: forged)
            #expect(answer.location?.contains("evil") == false)
            #expect(house.signIn.state.withLock { $0.answers.count } == 0)
        }
    }

    @Test("Who comes back has a session, and is led on")
    func callback() async throws {
        try await house.open { door in
            let answer = try await door.ask(
                .get,
                "/sign-in/company/callback?code=ada&state=/open/jupyter&iss=https%3A%2F%2Fid.example.org",
                headers: tab()
            )
            #expect(answer.status == 303)
            #expect(answer.location == "/open/jupyter")
            #expect(answer.cookies.contains { $0.hasPrefix("carrel=c-") })
            let brought = try #require(house.signIn.state.withLock { $0.answers.first })
            #expect(brought.0.issuer == "https://id.example.org")
            #expect(brought.callback == "https://work.example.org/sign-in/company/callback")
            #expect(brought.browser == "form-aaaaaaaaaaaaaaaaaaaaaaaaaa")
        }
    }

    @Test("A failure is a safe sentence with a number, on a page that tells nobody its address")
    func failure() async throws {
        try await house.open { door in
            let answer = try await door.ask(
                .get,
                "/sign-in/company/callback?code=canary&state=canary&error_description=%3Cscript%3E",
                headers: tab(nil)
            )
            #expect(answer.status == 401)
            #expect(answer.text.contains("This sign-in was not begun in this browser."))
            #expect(answer.text.contains("give this number: <code>"))
            #expect(
                !answer.text.contains("canary") && !answer.text.contains("<script>")
                    && !answer.text.contains("the cause")
            )
            #expect(answer.header("Referrer-Policy") == "no-referrer")
            #expect(answer.cookies.allSatisfy { !$0.hasPrefix("carrel=") })
        }
    }

    @Test(
        "An answer that holds something twice, or is longer than any, is refused unread",
        arguments: [
            "code=ada&code=ben&state=/", "code=ada&state=/&state=/x", "code=ada&state=/&iss=a&iss=b",
            "code=ada&state=" + String(repeating: "a", count: 13_000),
        ]
    )
    func ambiguous(query: String) async throws {
        try await house.open { door in
            let answer = try await door.ask(.get, "/sign-in/company/callback?\(query)", headers: tab())
            #expect(answer.status == 401)
            #expect(house.signIn.state.withLock { $0.answers.count } == 0)
        }
    }

    @Test("A provider that is down is told on the sign-in page, with 503")
    func unreachable() async throws {
        house.signIn.refuse(CarrelError(.providerFailed, "Company account does not answer right now."))
        try await house.open { door in
            let answer = try await door.ask(.get, "/sign-in/company", headers: tab())
            #expect(answer.status == 503)
            #expect(answer.text.contains("Company account does not answer right now."))
            #expect(answer.text.contains("<form"))
        }
    }

    @Test("Only operators come into the console, whoever vouches for them")
    func console() async throws {
        try await house.open(.operators) { door in
            var fields = Door.tab
            fields[.cookie] = "carrel-operators-form=form-aaaaaaaaaaaaaaaaaaaaaaaaaa"
            if let name = HTTPField.Name("X-Forwarded-Host") { fields[name] = "127.0.0.1:9080" }
            let member = try await door.ask(.get, "/sign-in/company/callback?code=ada&state=/", headers: fields)
            #expect(member.status == 403)
            #expect(member.cookies.allSatisfy { !$0.hasPrefix("carrel-operators=") })
            let chief = try await door.ask(.get, "/sign-in/company/callback?code=olga&state=/", headers: fields)
            #expect(chief.status == 303)
        }
    }

    @Test("Signing out leads on to the provider by a page, for a form may not leave this site")
    func signOut() async throws {
        house.signIn.state.withLock { $0.endsElsewhere = true }
        try await house.open { door in
            let answer = try await door.ask(.post, "/sign-out", as: house.ada, headers: Door.tab, form: [:])
            #expect(answer.status == 200)
            #expect(
                answer.header("Refresh") == "0; url=https://id.example.org/end?back=https://work.example.org/sign-in"
            )
            #expect(answer.cookies.contains { $0.hasPrefix("carrel=;") })
            #expect(!answer.text.contains("ada"))
        }
    }

    @Test("The provider's own word that somebody signed out needs no session, and a good token")
    func backChannel() async throws {
        try await house.open { door in
            func tell(_ token: String?) async throws -> Int {
                try await door.ask(
                    .post,
                    "/sign-in/company/signed-out",
                    form: token.map { ["logout_token": $0] } ?? ["other": "x"]
                ).status
            }
            let answers = [try await tell("good"), try await tell("bad"), try await tell(nil)]
            #expect(answers == [200, 400, 400])
            #expect(house.signIn.state.withLock { $0.loggedOut } == ["company"])
        }
    }
}
