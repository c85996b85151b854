import CarrelCore
import CarrelTesting
import Testing

@testable import CarrelIdentity

@Suite("What an ID token may look like")
struct IDTokenShapeTests {
    @Test("Every algorithm of ours verifies with its own kind of key", arguments: SignatureAlgorithm.allCases)
    func algorithms(algorithm: SignatureAlgorithm) async throws {
        let key: TestKey =
            switch algorithm {
            case .es256: .p256()
            case .es384: .p384()
            case .es512: .p521()
            case .edDSA: .ed25519()
            default: .rsa()
            }
        let fixture = try await ProviderFixture()
        fixture.provider.change {
            $0.key = key
            $0.algorithm = algorithm
        }
        #expect(fixture.isSignedIn(try await fixture.enter()))
    }

    @Test("Clocks may be a minute apart", arguments: ["exp", "nbf", "iat"])
    func skew(claim: String) async throws {
        let fixture = try await ProviderFixture()
        let now = fixture.clock.now().milliseconds / 1000
        fixture.provider.change { $0.claims[claim] = .number("\(claim == "exp" ? now - 59 : now + 59)") }
        #expect(fixture.isSignedIn(try await fixture.enter()))
    }

    @Test(
        "Habits of real providers are taken",
        arguments: [
            ["aud": ["carrel"]], ["aud": ["other", "carrel"], "azp": "carrel"], ["azp": "carrel"],
            ["auth_time": .number("1767603600.25")], ["auth_time": 0], ["nbf": .number("1767603599.5")],
            ["email_verified": "true", "email": "ada@example.org"],
        ] as [[String: JSONValue]]
    )
    func habits(claims: [String: JSONValue]) async throws {
        let fixture = try await ProviderFixture()
        fixture.provider.change { $0.claims = claims }
        #expect(fixture.isSignedIn(try await fixture.enter()))
    }

    @Test("A key set may hold a kid twice, keys of unknown types, and keys without kid")
    func oddKeySet() async throws {
        let fixture = try await ProviderFixture()
        fixture.provider.change {
            $0.keys = [
                ["kty": "unknown", "kid": "rsa"], TestKey.p256("rsa").published,
                TestKey.rsa("rsa", number: 1).published,
                $0.key.published, ["kty": "RSA"], 7,
            ]
        }
        #expect(fixture.isSignedIn(try await fixture.enter()))
    }

    @Test("A token without kid is verified by whichever key of its kind fits")
    func withoutKeyID() async throws {
        let fixture = try await ProviderFixture()
        fixture.provider.change {
            $0.key = .rsa(nil)
            $0.keys = [TestKey.rsa("new", number: 1).published, TestKey.rsa("rsa").published]
        }
        #expect(fixture.isSignedIn(try await fixture.enter()))
    }

    @Test("Keys that were replaced are fetched again, but not for every unknown kid")
    func rotation() async throws {
        let fixture = try await ProviderFixture()
        try await fixture.enter()
        #expect(fixture.provider.count("keys") == 1)
        fixture.clock.advance(by: .seconds(31))
        fixture.provider.change { $0.key = .rsa("next", number: 1) }
        #expect(fixture.isSignedIn(try await fixture.enter()))
        #expect(fixture.provider.count("keys") == 2)
        fixture.provider.change { $0.keys = [] }
        fixture.provider.change { $0.key = .p256("unknown") }
        fixture.provider.change { $0.algorithm = .es256 }
        for _ in 0..<5 {
            let refusal = try await fixture.refusal { try await fixture.enter() }
            #expect(refusal.code == .unauthenticated)
        }
        #expect(fixture.provider.count("keys") == 2)
    }
}
