import CarrelCore
import CarrelTesting
import Logging
import Testing

@testable import CarrelIdentity

@Suite("Ways into somebody else's sign-in")
struct FlowAttackTests {
    @Test("A sign-in that was tampered with signs nobody in", arguments: states + codes + providers)
    func tampered(attack: Attack) async throws {
        try await attack.mustFail(in: ProviderFixture())
    }

    private static func answer(
        _ name: String,
        _ codes: Set<CarrelError.Code> = [.unauthenticated],
        browser: String? = ProviderFixture.browser,
        _ change: @escaping @Sendable (inout AuthorizationAnswer) -> Void
    ) -> Attack {
        Attack(name, codes) { fixture in
            var answer = fixture.provider.visit(try await fixture.begin())
            change(&answer)
            _ = try await fixture.finish(answer, browser: browser)
        }
    }

    static let states: [Attack] = [
        answer("without state") { $0.state = nil },
        answer("with an empty state") { $0.state = "" },
        answer("with a made-up state") { $0.state = "xyz" },
        answer("with a state of another shape") { $0.state = String(repeating: "A", count: 200) },
        answer("with a state longer than any") { $0.state = String(repeating: "A", count: 100_000) },
        answer("with a state whose last character differs") { answer in
            answer.state = answer.state.map { String($0.dropLast()) + ($0.hasSuffix("A") ? "E" : "A") }
        },
        answer("in another browser (login CSRF)", browser: "form-bbbbbbbbbbbbbbbbbbbbbbbbbb") { _ in },
        answer("in a browser without the cookie (login CSRF)", browser: nil) { _ in },
        answer("in a browser with an empty cookie", browser: "") { _ in },
        Attack("with a state that was used") { fixture in
            let address = try await fixture.begin()
            _ = try await fixture.refusal {
                var answer = fixture.provider.visit(address)
                answer.code = "wrong"
                _ = try await fixture.finish(answer)
            }
            _ = try await fixture.finish(fixture.provider.visit(address))
        },
        Attack("with a state older than ten minutes") { fixture in
            let answer = fixture.provider.visit(try await fixture.begin())
            fixture.clock.advance(by: SignInFlow.lifetime)
            _ = try await fixture.finish(answer)
        },
        Attack("with a state of another listener") { fixture in
            let answer = fixture.provider.visit(try await fixture.begin())
            _ = try await fixture.signIn.listening(as: "operators").finish(
                at: "company",
                answer,
                callback: ProviderFixture.callback(),
                browser: ProviderFixture.browser
            )
        },
        Attack("at another address than it was begun at") { fixture in
            let answer = fixture.provider.visit(try await fixture.begin())
            _ = try await fixture.signIn.finish(
                at: "company",
                answer,
                callback: "https://other.example.org/sign-in/company/callback",
                browser: ProviderFixture.browser
            )
        },
        Attack("with a victim's answer in the attacker's browser") { fixture in
            let victims = fixture.provider.visit(try await fixture.begin(), as: "ada")
            var own = fixture.provider.visit(
                try await fixture.begin(browser: "form-eeeeeeeeeeeeeeeeeeeeeeeeee"),
                as: "eve"
            )
            own.code = victims.code
            _ = try await fixture.finish(own, browser: "form-eeeeeeeeeeeeeeeeeeeeeeeeee")
        },
        Attack("with the attacker's code in the victim's sign-in") { fixture in
            let own = fixture.provider.visit(
                try await fixture.begin(browser: "form-eeeeeeeeeeeeeeeeeeeeeeeeee"),
                as: "eve"
            )
            var victims = fixture.provider.visit(try await fixture.begin())
            victims.code = own.code
            _ = try await fixture.finish(victims)
        },
    ]

    static let codes: [Attack] = [
        answer("without code") { $0.code = nil },
        answer("with an empty code") { $0.code = "" },
        answer("with a code longer than any") { $0.code = String(repeating: "c", count: 5000) },
        answer("with line breaks in the code") { $0.code = "a\r\nX-Evil: 1" },
        answer("with a code that the provider never gave") { $0.code = "made-up" },
        Attack("with a code that was used") { fixture in
            let first = fixture.provider.visit(try await fixture.begin())
            _ = try await fixture.refusal {
                _ = try await fixture.finish(first, browser: "form-bbbbbbbbbbbbbbbbbbbbbbbbbb")
            }
            fixture.provider.change { state in state.codes = [:] }
            _ = try await fixture.finish(first)
        },
        answer("denied by the member") { answer in
            answer.code = nil
            answer.error = "access_denied"
        },
        answer("an error beside a code") { $0.error = "access_denied" },
        answer("an error that nobody knows", [.providerFailed]) { $0.error = "<script>alert(1)</script>\r\nevil" },
    ]

    static let providers: [Attack] = [
        answer("naming another issuer (mix-up)") { $0.issuer = "https://second.example.org" },
        answer("naming the issuer with a slash") { $0.issuer = "https://id.example.org/" },
        Attack("not naming its issuer where the provider always does") { fixture in
            fixture.provider.change { $0.metadata["authorization_response_iss_parameter_supported"] = true }
            var answer = fixture.provider.visit(try await fixture.begin())
            answer.issuer = nil
            _ = try await fixture.finish(answer)
        },
        Attack("an answer that comes back at another provider's address (mix-up)") { fixture in
            let answer = fixture.provider.visit(try await fixture.begin())
            _ = try await fixture.finish(answer, at: "second")
        },
        Attack("a sign-in at a rogue provider that comes back with an honest one's code") { fixture in
            var answer = fixture.provider.visit(try await fixture.begin())
            let rogue = ScriptedProvider.fields(
                try await fixture.begin("second").split(separator: "?", maxSplits: 1).last ?? ""
            )
            answer.state = rogue["state"]
            _ = try await fixture.finish(answer, at: "company")
        },
        Attack("at a provider that is not configured", [.notFound]) { fixture in
            _ = try await fixture.finish(fixture.provider.visit(try await fixture.begin()), at: "nobody")
        },
        Attack("at the local accounts, as if they were a provider", [.notFound]) { fixture in
            _ = try await fixture.finish(fixture.provider.visit(try await fixture.begin()), at: "here")
        },
    ]

    @Test("A state is good in this deployment only")
    func otherDeployment() async throws {
        let fixture = try await ProviderFixture()
        let answer = fixture.provider.visit(try await fixture.begin())
        let other = SignIn(
            store: fixture.store,
            rules: fixture.rules,
            keys: try #require(SigningKeys(secret: Array(1..<33))),
            deployment: "main",
            listener: "users",
            clock: fixture.clock,
            http: fixture.provider,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let refusal = try await fixture.refusal {
            _ = try await other.finish(
                at: "company",
                answer,
                callback: ProviderFixture.callback(),
                browser: ProviderFixture.browser
            )
        }
        #expect(refusal.code == .unauthenticated)
    }

    @Test("Every sign-in makes a session of its own")
    func sessionFixation() async throws {
        let fixture = try await ProviderFixture()
        let first = try await fixture.enter()
        let second = try await fixture.enter()
        #expect(first.session.id != second.session.id)
        #expect(first.cookie != second.cookie)
    }

    @Test("Where signing in leads is a path of ours, however it is spelt", arguments: OpenRedirects.spellings)
    func openRedirect(next: String) async throws {
        let fixture = try await ProviderFixture()
        let address = try await fixture.begin(next: next)
        let result = try await fixture.finish(fixture.provider.visit(address))
        #expect(result.next == nil)
    }

    @Test("Where signing in leads comes back from the provider as it was")
    func next() async throws {
        let fixture = try await ProviderFixture()
        let address = try await fixture.begin(next: "/open/jupyter/lab?name=two")
        #expect(!address.contains("jupyter"))
        let result = try await fixture.finish(fixture.provider.visit(address))
        #expect(result.next == "/open/jupyter/lab?name=two")
    }
}

enum OpenRedirects {
    static let spellings = [
        "https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
        "/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example", "http:evil.example",
        "https:/evil.example", "javascript:alert(1)", "/..//evil.example", "/%2e%2e//evil.example", "/./\\evil.example",
        "/a//evil.example", "/\u{0}/evil.example", "//%65vil.example", "/\r\nLocation: https://evil.example",
        "evil.example",
        "@evil.example", ".evil.example", "",
    ]
}
