import CarrelCore
import CarrelTesting
import Testing

@testable import CarrelIdentity

@Suite("Members who would like to be somebody else")
struct MemberAttackTests {
    private static let operators = AccessRule(
        users: ["company:ada@example.org", "company:root"],
        groups: ["company:platform"]
    )

    @Test(
        "Nobody becomes an operator by calling themselves like one",
        arguments: [
            ["email": "ada@example.org"],
            ["email": "ada@example.org", "email_verified": false],
            ["email": "ada@example.org", "email_verified": "yes"],
            ["email": "ada@example.org", "email_verified": 1],
            ["preferred_username": "ada@example.org"],
            ["preferred_username": "root\u{200b}"],
            ["preferred_username": "root\u{202e}"],
            ["preferred_username": "Root"],
            ["preferred_username": "company:root"],
            ["name": "root"],
            ["nickname": "root"],
            ["groups": "other:platform"],
            ["groups": ["other:platform", "Platform", "platform ", "company:platform\u{0}"]],
            ["groups": ["platform": true]],
            ["roles": ["platform"]],
            ["email": "ada@example.org\u{0}", "email_verified": true],
            ["email": "ada@example.org,eve@example.org", "email_verified": true],
        ] as [[String: JSONValue]]
    )
    func impersonation(claims: [String: JSONValue]) async throws {
        let fixture = try await ProviderFixture(operators: Self.operators)
        fixture.provider.change { $0.claims = claims }
        let signedIn = try await fixture.enter("eve")
        #expect(!fixture.signIn.isOperator(signedIn.user), "\(signedIn.user)")
    }

    @Test(
        "Who the provider says is an operator is one",
        arguments: [
            ["email": "ada@example.org", "email_verified": true], ["preferred_username": "root"],
            ["groups": ["platform", "others"]],
        ] as [[String: JSONValue]]
    )
    func operators(claims: [String: JSONValue]) async throws {
        let fixture = try await ProviderFixture(operators: Self.operators)
        fixture.provider.change { $0.claims = claims }
        #expect(fixture.signIn.isOperator(try await fixture.enter("ada").user))
    }

    @Test("A subject that reads like an address is nobody's address")
    func subjectLikeAddress() async throws {
        let fixture = try await ProviderFixture(operators: Self.operators)
        #expect(!fixture.signIn.isOperator(try await fixture.enter("ada@example.org").user))
    }

    @Test("A local account named like a provider's operator is none")
    func localAccount() async throws {
        let fixture = try await ProviderFixture(operators: Self.operators)
        let user = try await fixture.signIn.addAccount(
            provider: "here",
            name: "root",
            password: "correct horse",
            by: .commandLine
        )
        #expect(!fixture.signIn.isOperator(user))
    }

    @Test("The same subject at two providers is two members")
    func sameSubject() async throws {
        let fixture = try await ProviderFixture()
        let first = try await fixture.enter("ada")
        let answer = fixture.second.visit(try await fixture.begin("second"), as: "ada")
        let other = try await fixture.finish(answer, at: "second").0
        #expect(first.user.id != other.user.id)
    }

    @Test("A member who comes back is the same one, with today's name and groups")
    func comesBack() async throws {
        let fixture = try await ProviderFixture()
        fixture.provider.change { $0.claims = ["name": "Ada", "groups": ["a", "b"]] }
        let first = try await fixture.enter()
        fixture.provider.change { $0.claims = ["name": "Ada Lovelace", "groups": ["b"]] }
        let second = try await fixture.enter()
        #expect(first.user.id == second.user.id)
        #expect(second.user.name == "Ada Lovelace")
        #expect(second.user.groups == ["company:b"])
    }

    @Test("Who is suspended is told so, and stays out")
    func suspended() async throws {
        let fixture = try await ProviderFixture()
        let signedIn = try await fixture.enter()
        _ = try await fixture.signIn.changeMember(signedIn.user.id, isDisabled: true, by: .commandLine)
        #expect(!fixture.isSignedIn(signedIn))
        let refusal = try await fixture.refusal { try await fixture.enter() }
        #expect(refusal.code == .forbidden)
        #expect(refusal.message == "Your account is suspended here. Ask an operator.")
    }

    @Test("A stranger whom nothing allows is refused, and not remembered")
    func notAllowed() async throws {
        let fixture = try await ProviderFixture(
            remote: ProviderFixture.remote(allow: AllowRule(groups: ["company:staff"]))
        )
        let refusal = try await fixture.refusal { try await fixture.enter() }
        #expect(refusal.code == .forbidden)
        #expect(try await fixture.store.users().isEmpty)
        fixture.provider.change { $0.claims["groups"] = ["staff"] }
        #expect(fixture.isSignedIn(try await fixture.enter()))
    }

    @Test("What is allowed counts from the next request after a reload")
    func allowAfterReload() async throws {
        let fixture = try await ProviderFixture()
        let signedIn = try await fixture.enter()
        #expect(fixture.isSignedIn(signedIn))
        var rules = fixture.rules
        rules.providers[0].remote?.allow = AllowRule(domains: ["example.org"])
        fixture.signIn.apply(rules)
        #expect(!fixture.isSignedIn(signedIn))
        fixture.signIn.apply(fixture.rules)
        #expect(fixture.isSignedIn(signedIn))
        rules.providers.removeFirst()
        fixture.signIn.apply(rules)
        #expect(!fixture.isSignedIn(signedIn))
    }

    @Test(
        "Addresses and domains count only if they are verified",
        arguments: [
            (AllowRule(domains: ["example.org"]), "ada@example.org", true, true),
            (AllowRule(domains: ["Example.org"]), "ada@EXAMPLE.org", true, true),
            (AllowRule(domains: ["example.org"]), "ada@example.org", false, false),
            (AllowRule(domains: ["example.org"]), "ada@evil-example.org", true, false),
            (AllowRule(domains: ["example.org"]), "ada@sub.example.org", true, false),
            (AllowRule(domains: ["example.org"]), "ada@example.org@evil.example", true, false),
            (AllowRule(emails: ["*@example.org"]), "ada@example.org", true, true),
            (AllowRule(emails: ["a*a@*.org"]), "ada@example.org", true, true),
            (AllowRule(emails: ["ada@example.org"]), "adaXexample.org@evil.example", true, false),
            (AllowRule(emails: ["*@example.org"]), "ada@example.org.evil.example", true, false),
            (AllowRule(emails: ["*"]), "ada@example.org", false, false),
        ]
    )
    func allowed(rule: AllowRule, email: String, verified: Bool, expected: Bool) async throws {
        let fixture = try await ProviderFixture(remote: ProviderFixture.remote(allow: rule))
        fixture.provider.change {
            $0.claims["email"] = .string(email)
            $0.claims["email_verified"] = .bool(verified)
        }
        if expected {
            #expect(fixture.isSignedIn(try await fixture.enter()))
        } else {
            #expect(try await fixture.refusal { try await fixture.enter() }.code == .forbidden)
        }
    }
}
