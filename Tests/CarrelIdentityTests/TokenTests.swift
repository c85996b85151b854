import CarrelCore
import CarrelTesting
import Testing

@testable import CarrelIdentity

@Suite("API tokens")
struct TokenTests {
    @Test("The secret is shown once, stored as its digest, and counts at once")
    func made() async throws {
        let it = try await SignInFixture()
        let ada = try await it.account("ada")
        let (token, secret) = try await it.signIn.makeToken(
            scopes: [.workspaces],
            user: ada.id,
            lifetime: .seconds(60),
            by: .commandLine
        )
        #expect(secret.hasPrefix("carrel_"))
        #expect(secret.utf8.count == 50)
        let stored = try #require(try await it.store.tokens().first)
        #expect(stored.digest == SecretDigest.of(secret))
        #expect(!"\(stored)".contains(secret.dropFirst(7)))
        let principal = try #require(it.signIn.authorize(.bearer(secret)))
        #expect(principal.user == ada.id)
        #expect(principal.credential == .token(token.id, [.workspaces]))
        #expect(it.signIn.authorize(.cookie(secret)) == nil)
    }

    @Test("One that another process has made works at once; asking is bounded")
    func madeElsewhere() async throws {
        let it = try await SignInFixture()
        var random = SeededRandom(seed: 7)
        func addElsewhere() async throws -> String {
            let secret = TokenSecret.prefix + RandomText.base32(length: 42, from: &random) + "A"
            let token = APIToken(
                id: TokenID(from: &random),
                digest: SecretDigest.of(secret),
                scopes: [.observe],
                user: nil,
                createdAt: it.clock.now(),
                expiresAt: it.clock.now() + .seconds(60)
            )
            try await it.store.addToken(token, by: .commandLine)
            return secret
        }
        let first = try await addElsewhere()
        #expect(it.signIn.authorize(.bearer(first)) == nil)
        #expect(await it.signIn.authorizeAfresh(.bearer(first)) != nil)
        let second = try await addElsewhere()
        #expect(await it.signIn.authorizeAfresh(.bearer(second)) == nil)
        it.clock.advance(by: .milliseconds(10))
        #expect(await it.signIn.authorizeAfresh(.bearer(second)) != nil)
        #expect(await it.signIn.authorizeAfresh(.bearer("carrel_x")) == nil)
    }

    @Test("It ends with its time, its revocation and its member's")
    func ends() async throws {
        let it = try await SignInFixture()
        let ada = try await it.account("ada")
        func make(_ seconds: Int) async throws -> (TokenID, String) {
            let made = try await it.signIn.makeToken(
                scopes: [.workspaces],
                user: ada.id,
                lifetime: .seconds(seconds),
                by: .commandLine
            )
            return (made.token.id, made.secret)
        }
        let short = try await make(60)
        let revoked = try await make(600)
        let last = try await make(600)
        it.clock.advance(by: .seconds(60))
        #expect(it.signIn.authorize(.bearer(short.1)) == nil)
        #expect(it.signIn.authorize(.bearer(revoked.1)) != nil)
        try await it.signIn.revokeToken(revoked.0, by: .commandLine)
        #expect(it.signIn.authorize(.bearer(revoked.1)) == nil)
        try await it.signIn.refresh()
        #expect(it.signIn.authorize(.bearer(revoked.1)) == nil)
        #expect(it.signIn.authorize(.bearer(last.1)) != nil)
        _ = try await it.signIn.changeMember(ada.id, isDisabled: true, by: .commandLine)
        #expect(it.signIn.authorize(.bearer(last.1)) == nil)
    }

    @Test(
        "What is no token's text is nobody's",
        arguments: ["", "carrel_", "carrel_x", "Bearer x", String(repeating: "é", count: 25)]
    )
    func nonsense(text: String) async throws {
        #expect(try await SignInFixture().signIn.authorize(.bearer(text)) == nil)
    }

    @Test("A token without scopes, without an end or for nobody isn't made")
    func bounds() async throws {
        let it = try await SignInFixture()
        func code(_ scopes: Set<Scope>, _ user: UserID?, _ lifetime: Duration) async throws -> CarrelError.Code {
            try await it.refusal {
                _ = try await it.signIn.makeToken(scopes: scopes, user: user, lifetime: lifetime, by: .commandLine)
            }.code
        }
        #expect(try await code([], nil, .seconds(60)) == .invalid)
        #expect(try await code([.pool], nil, .zero) == .invalid)
        #expect(try await code([.pool], nil, .seconds(400 * 86_400)) == .invalid)
        #expect(try await code([.pool], UserID("u-zzzzzzzzzzzzzzzz"), .seconds(60)) == .notFound)
    }
}
