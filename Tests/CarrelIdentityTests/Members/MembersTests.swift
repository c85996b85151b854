import CarrelCore
import CarrelTesting
import Testing

@testable import CarrelIdentity

@Suite("Who is meant")
struct MembersTests {
    @Test(
        "Names that no local account can have",
        arguments: [
            "", "Ada", "company:ada", "ada lovelace", "-ada", "ada.", "_ada", "ada@example.org", "ada/..", "é", "a\n",
            String(repeating: "a", count: 65),
        ]
    )
    func badNames(name: String) { #expect(throws: CarrelError.self) { _ = try AccountName(name) } }

    @Test(
        "Names that one can have",
        arguments: ["a", "ada", "ada.lovelace", "ada_l-1815", "1815", String(repeating: "a", count: 64)]
    )
    func goodNames(name: String) throws { #expect(try AccountName(name).description == name) }

    @Test("A local account named like an operator of another provider is not that operator")
    func notThatOperator() async throws {
        let it = try await SignInFixture(
            operators: AccessRule(users: ["company:ada", "company:ada@example.org"], groups: ["company:platform"])
        )
        let ada = try await it.account("ada")
        #expect(!it.signIn.isOperator(ada))
        let named = try await it.store.ensureUser(
            Identity(
                provider: "here",
                subject: "eve",
                name: "company:ada",
                email: "ada@example.org",
                emailIsVerified: true
            ),
            displayName: "company:ada",
            groups: ["platform", "here:platform"],
            by: .hub,
            at: it.clock.now()
        )
        #expect(!it.signIn.isOperator(named))
        let real = try await it.store.ensureUser(
            Identity(provider: "company", subject: "17", name: "ada"),
            displayName: "Ada",
            groups: nil,
            by: .hub,
            at: it.clock.now()
        )
        #expect(it.signIn.isOperator(real))
    }

    @Test("An operator by name, by group, or made one; a disabled one is none; an e-mail counts only if verified")
    func operators() async throws {
        let it = try await SignInFixture(
            operators: AccessRule(users: ["here:root", "company:ada@example.org"], groups: ["company:platform"])
        )
        #expect(it.signIn.isOperator(try await it.account("root")))
        #expect(it.signIn.isOperator(try await it.account("made", isOperator: true)))
        var user = try await it.account("plain")
        #expect(!it.signIn.isOperator(user))
        user.groups = ["company:platform"]
        #expect(it.signIn.isOperator(user))
        user.isDisabled = true
        #expect(!it.signIn.isOperator(user))
        var mail = Identity(provider: "company", subject: "1", name: "x", email: "ada@example.org")
        user = try await it.account("mail")
        user.identities = [mail]
        #expect(!it.signIn.isOperator(user))
        mail.emailIsVerified = true
        user.identities = [mail]
        #expect(it.signIn.isOperator(user))
    }

    @Test("A member is found by id or by provider and name, and made only where that may be")
    func named() async throws {
        let it = try await SignInFixture(poolProvider: "lms")
        let ada = try await it.account("ada")
        let signIn = it.signIn
        #expect(try await signIn.user(named: ada.id.description, create: true, by: .hub)?.id == ada.id)
        #expect(try await signIn.user(named: "here:ada", create: true, by: .hub)?.id == ada.id)
        #expect(try await signIn.user(named: "here:bob", create: false, by: .hub) == nil)
        let bob = try #require(try await signIn.user(named: "here:bob", create: true, by: .hub))
        #expect(try await signIn.user(named: "here:bob", create: false, by: .hub)?.id == bob.id)
        let pooled = try #require(try await signIn.user(named: "lms:1234-ABCD", create: true, by: .hub))
        #expect(pooled.identities == [Identity(provider: "lms", subject: "1234-ABCD", name: "1234-ABCD")])
        for text in [
            "u-aaaaaaaaaaaaaaaa", "bob", ":bob", "here:", "here:Bob", "here:a:b", "nowhere:bob", "company:bob",
            "lms:a b", "lms:" + String(repeating: "x", count: 129), "",
        ] {
            #expect(try await signIn.user(named: text, create: true, by: .hub) == nil, "\(text)")
        }
        #expect(try await it.store.users().count == 3)
    }

    @Test("A name that several members of a provider have means nobody in particular")
    func ambiguous() async throws {
        let it = try await SignInFixture()
        for subject in ["1", "2"] {
            _ = try await it.store.ensureUser(
                Identity(provider: "company", subject: subject, name: "ada"),
                displayName: nil,
                groups: nil,
                by: .hub,
                at: it.clock.now()
            )
        }
        let error = try await it.refusal { _ = try await it.signIn.user(named: "company:ada", create: false, by: .hub) }
        #expect(error.code == .conflict)
    }

    @Test("A token for pools makes no operator, and no link into an operator's session")
    func noEscalation() async throws {
        let it = try await SignInFixture(operators: AccessRule(users: ["here:root", "lms:boss"]), poolProvider: "lms")
        let (pool, _) = try await it.signIn.makeToken(scopes: [.pool], user: nil, lifetime: .seconds(60), by: .hub)
        let (full, _) = try await it.signIn.makeToken(scopes: [.operate], user: nil, lifetime: .seconds(60), by: .hub)
        let made = try await it.refusal {
            _ = try await it.signIn.user(named: "lms:boss", create: true, by: .token(pool.id))
        }
        #expect(made.code == .forbidden)
        #expect(try await it.signIn.user(named: "lms:boss", create: true, by: .token(full.id)) != nil)
        let root = try await it.account("root")
        let ada = try await it.account("ada")
        func link(_ user: User, _ by: Actor) async throws {
            _ = try await it.signIn.makeTicket(for: user.id, path: "/", lifetime: .seconds(60), by: by)
        }
        #expect(try await it.refusal { try await link(root, .token(pool.id)) }.code == .forbidden)
        #expect(try await it.refusal { try await link(root, .user(ada.id)) }.code == .forbidden)
        let (bound, _) = try await it.signIn.makeToken(
            scopes: [.operate],
            user: root.id,
            lifetime: .seconds(60),
            by: .hub
        )
        #expect(try await it.refusal { try await link(root, .token(bound.id)) }.code == .forbidden)
        try await link(ada, .token(pool.id))
        try await link(root, .token(full.id))
        try await link(root, .user(root.id))
        try await link(root, .commandLine)
    }
}
