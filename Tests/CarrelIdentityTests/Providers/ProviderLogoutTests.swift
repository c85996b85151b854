import CarrelCore
import CarrelTesting
import Testing

@testable import CarrelIdentity

@Suite("Signing out here and at the provider")
struct ProviderLogoutTests {
    private static func claims(_ fixture: ProviderFixture, _ more: [String: JSONValue] = [:]) -> JSONValue {
        let seconds = fixture.clock.now().milliseconds / 1000
        let own: [String: JSONValue] = [
            "iss": "https://id.example.org", "aud": "carrel", "sub": "ada", "jti": "one",
            "iat": .number("\(seconds)"), "exp": .number("\(seconds + 120)"),
            "events": ["http://schemas.openid.net/event/backchannel-logout": [:]],
        ]
        return .object(own.merging(more) { $1 }.filter { $0.value != .null })
    }

    @Test("Who signs out is led to the provider, without any token in the address")
    func atProvider() async throws {
        let fixture = try await ProviderFixture()
        let signedIn = try await fixture.enter()
        let address = await fixture.signIn.signOutAddress(
            of: signedIn.session.id,
            back: "https://work.example.org/sign-in"
        )
        #expect(
            address == "https://id.example.org/end?client_id=carrel"
                + "&post_logout_redirect_uri=https%3A%2F%2Fwork.example.org%2Fsign-in"
        )
        try await fixture.signIn.signOut(signedIn.session.id, by: .user(signedIn.user.id))
        #expect(await fixture.signIn.signOutAddress(of: signedIn.session.id, back: "https://work.example.org/") == nil)
    }

    @Test("A local session leads nowhere else")
    func local() async throws {
        let fixture = try await ProviderFixture()
        _ = try await fixture.signIn.addAccount(
            provider: "here",
            name: "ben",
            password: "correct horse",
            by: .commandLine
        )
        let signedIn = try await fixture.signIn.signIn(
            provider: "here",
            name: "ben",
            password: "correct horse",
            client: "192.0.2.1"
        )
        #expect(await fixture.signIn.signOutAddress(of: signedIn.session.id, back: "https://work.example.org/") == nil)
    }

    @Test("The provider's word ends every session of a member, and no other's")
    func backChannel() async throws {
        let fixture = try await ProviderFixture()
        let first = try await fixture.enter("ada")
        let second = try await fixture.enter("ada")
        let other = try await fixture.enter("ben")
        try await fixture.signIn.signedOut(at: "company", token: TestKey.rsa().token(Self.claims(fixture)))
        #expect(!fixture.isSignedIn(first))
        #expect(!fixture.isSignedIn(second))
        #expect(fixture.isSignedIn(other))
    }

    @Test("The provider's word about one session ends that one")
    func oneSession() async throws {
        let fixture = try await ProviderFixture()
        fixture.provider.change { $0.claims["sid"] = "first" }
        let first = try await fixture.enter("ada")
        fixture.provider.change { $0.claims["sid"] = "second" }
        let second = try await fixture.enter("ada")
        let token = try TestKey.rsa().token(Self.claims(fixture, ["sid": "first", "sub": .null]))
        try await fixture.signIn.signedOut(at: "company", token: token)
        #expect(!fixture.isSignedIn(first))
        #expect(fixture.isSignedIn(second))
    }

    static let forgeries: [(String, [String: JSONValue])] = [
        ("another issuer", ["iss": "https://evil.example"]), ("another client", ["aud": "other"]),
        ("no event", ["events": .null]), ("another event", ["events": ["http://example.org/event": [:]]]),
        ("an event that is no object", ["events": ["http://schemas.openid.net/event/backchannel-logout": true]]),
        ("an ID token with its nonce", ["nonce": "n"]), ("without jti", ["jti": .null]),
        ("about nobody", ["sub": .null]), ("expired", ["exp": .number("1000")]), ("without iat", ["iat": .null]),
        ("of the future", ["iat": .number("9999999999")]), ("hours old", ["iat": .number("1767500000")]),
    ]

    @Test("A forged logout token signs nobody out", arguments: forgeries)
    func forged(name: String, claims: [String: JSONValue]) async throws {
        let fixture = try await ProviderFixture()
        let signedIn = try await fixture.enter()
        let token = try TestKey.rsa().token(Self.claims(fixture, claims))
        let refusal = try await fixture.refusal { try await fixture.signIn.signedOut(at: "company", token: token) }
        #expect(refusal.code == .invalid)
        #expect(fixture.isSignedIn(signedIn))
    }

    @Test("A logout token of a strange key, or none, signs nobody out")
    func unsigned() async throws {
        let fixture = try await ProviderFixture()
        let signedIn = try await fixture.enter()
        let claims = Self.claims(fixture)
        let tokens = [
            try TestKey.rsa("rsa", number: 1).token(claims),
            "\(JSONText.part(["alg": "none"])).\(JSONText.part(claims)).",
            "", "a.b.c",
        ]
        for token in tokens {
            let refusal = try await fixture.refusal { try await fixture.signIn.signedOut(at: "company", token: token) }
            #expect(refusal.code == .invalid)
        }
        #expect(fixture.isSignedIn(signedIn))
    }

    @Test("A logout token works once: it does not end what was begun since")
    func replay() async throws {
        let fixture = try await ProviderFixture()
        try await fixture.enter()
        let token = try TestKey.rsa().token(Self.claims(fixture))
        try await fixture.signIn.signedOut(at: "company", token: token)
        let next = try await fixture.enter()
        let refusal = try await fixture.refusal { try await fixture.signIn.signedOut(at: "company", token: token) }
        #expect(refusal.code == .invalid)
        #expect(fixture.isSignedIn(next))
    }
}
