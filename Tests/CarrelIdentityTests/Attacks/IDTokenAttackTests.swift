import CarrelCore
import CarrelTesting
import Crypto
import Synchronization
import Testing

@testable import CarrelIdentity

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("ID tokens that nobody should believe")
struct IDTokenAttackTests {
    @Test("A forged or foreign ID token signs nobody in", arguments: signatures + audiences + times + others)
    func forgedToken(attack: Attack) async throws {
        try await attack.mustFail(in: ProviderFixture())
    }

    @Test("The same provider signs members in when nobody attacks")
    func control() async throws {
        let fixture = try await ProviderFixture()
        let signedIn = try await fixture.enter()
        #expect(fixture.isSignedIn(signedIn))
        #expect(signedIn.user.identities.map(\.subject) == ["ada"])
    }

    /// The provider's answers with another ID token.
    private static func token(
        _ name: String,
        _ forge: @escaping @Sendable (String) throws -> String
    ) -> Attack {
        Attack(name) { fixture in
            fixture.provider.change { $0.token = { (try? forge($0)) ?? "" } }
            try await fixture.enter()
        }
    }

    private static func script(
        _ name: String,
        _ change: @escaping @Sendable (inout ScriptedProvider.State) -> Void
    ) -> Attack {
        Attack(name) { fixture in
            fixture.provider.change(change)
            try await fixture.enter()
        }
    }

    private static func claims(_ name: String, _ claims: [String: JSONValue]) -> Attack {
        script(name) { $0.claims = claims }
    }

    private static func parts(_ token: String) -> [String] {
        token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }

    private static func mac(_ header: JSONValue, _ body: String, key: some ContiguousBytes) -> String {
        let message = JSONText.part(header) + "." + body
        let code = HMAC<SHA256>.authenticationCode(for: Data(message.utf8), using: SymmetricKey(data: key))
        return message + "." + UnpaddedBase64.encode(code)
    }

    static let signatures: [Attack] = [
        token("alg none, without signature") { "\(JSONText.part(["alg": "none"])).\(parts($0)[1])." },
        token("alg none, with a signature") { "\(JSONText.part(["alg": "none"])).\(parts($0)[1]).\(parts($0)[2])" },
        token("alg NoNe") { "\(JSONText.part(["alg": "NoNe"])).\(parts($0)[1]).\(parts($0)[2])" },
        token("no alg at all") { "\(JSONText.part(["typ": "JWT"])).\(parts($0)[1]).\(parts($0)[2])" },
        token("signature taken off") { parts($0).prefix(2).joined(separator: ".") + "." },
        token("signature of nothing but zeros") {
            parts($0).prefix(2).joined(separator: ".") + "." + UnpaddedBase64.encode([UInt8](repeating: 0, count: 256))
        },
        token("claims changed after signing") {
            let claims = String(decoding: UnpaddedBase64.decode(parts($0)[1]) ?? [], as: UTF8.self)
            let other = UnpaddedBase64.encode(claims.replacing("\"ada\"", with: "\"eve\"").utf8)
            return [parts($0)[0], other, parts($0)[2]].joined(separator: ".")
        },
        token("one bit of the signature flipped") {
            var signature = UnpaddedBase64.decode(parts($0)[2]) ?? []
            signature[10] ^= 1
            return parts($0).prefix(2).joined(separator: ".") + "." + UnpaddedBase64.encode(signature)
        },
        token("base64 with padding and foreign characters") { $0.replacing(".", with: "=.") },
        token("five parts, as an encrypted one") { "\($0).AAAA.AAAA" },
        token("HS256 with the published RSA key as the secret") {
            let n = TestKey.rsa().published["n"]?.text.flatMap { UnpaddedBase64.decode($0) } ?? []
            return mac(["alg": "HS256", "kid": "rsa"], parts($0)[1], key: n)
        },
        token("HS256 with the client's secret") {
            mac(["alg": "HS256"], parts($0)[1], key: Data("canary-client-secret".utf8))
        },
        token("a strange key behind the right kid") {
            try resigned($0, by: TestKey.rsa("rsa", number: 1))
        },
        token("a strange key that the token itself brings (jwk)") {
            let own = TestKey.rsa("mine", number: 1)
            return try resigned($0, by: own, header: ["jwk": own.published])
        },
        token("a strange key that the token points to (jku)") {
            try resigned($0, by: TestKey.rsa("mine", number: 1), header: ["jku": "https://evil.example/keys"])
        },
        token("a strange certificate that the token points to (x5u)") {
            try resigned($0, by: TestKey.rsa("mine", number: 1), header: ["x5u": "https://evil.example/cert"])
        },
        token("a strange certificate in the token (x5c)") {
            try resigned($0, by: TestKey.rsa(nil, number: 1), header: ["x5c": ["MIIB"]])
        },
        token("a critical extension that nobody knows") {
            try resigned($0, by: TestKey.rsa(), header: ["crit": ["exp2"], "exp2": 1])
        },
        token("unencoded payload (b64)") {
            try resigned($0, by: TestKey.rsa(), header: ["crit": ["b64"], "b64": false])
        },
        token("a kid that is no text") { try resigned($0, by: TestKey.rsa(), header: ["kid": ["rsa"]]) },
        token("longer than a token may be") {
            try TestKey.rsa().token(["sub": .string(String(repeating: "a", count: 70_000))]) + $0.prefix(0)
        },
        token("no JSON") { parts($0)[0] + "." + UnpaddedBase64.encode("ada".utf8) + "." + parts($0)[2] },
        token("a claim given twice") {
            let claims = String(decoding: UnpaddedBase64.decode(parts($0)[1]) ?? [], as: UTF8.self)
            let body = UnpaddedBase64.encode((claims.dropLast() + ",\"sub\":\"eve\"}").utf8)
            let message = parts($0)[0] + "." + body
            return try message + "." + UnpaddedBase64.encode(TestKey.rsa().sign(message, .rs256))
        },
        script("a key for encryption") { $0.keys = [$0.key.published(with: ["use": "enc"])] },
        script("a key that may not verify (key_ops)") { $0.keys = [$0.key.published(with: ["key_ops": ["encrypt"]])] },
        script("a key of another algorithm (alg)") { $0.keys = [$0.key.published(with: ["alg": "RS512"])] },
        script("an elliptic key's kid on an RSA signature") {
            $0.keys = [TestKey.p256("rsa").published]
        },
        script("a symmetric key in the key set") {
            $0.keys = [["kty": "oct", "kid": "rsa", "k": .string(UnpaddedBase64.encode("secret".utf8))]]
            $0.token = { token in
                mac(["alg": "HS256", "kid": "rsa"], parts(token)[1], key: Data("secret".utf8))
            }
        },
        script("an algorithm that the metadata does not name") {
            $0.metadata["id_token_signing_alg_values_supported"] = ["ES256"]
        },
        script("an ES256 signature of zeros") {
            $0.key = .p256("rsa")
            $0.algorithm = .es256
            $0.token = { token in
                parts(token).prefix(2).joined(separator: ".") + "."
                    + UnpaddedBase64.encode([UInt8](repeating: 0, count: 64))
            }
        },
    ]

    private static func resigned(
        _ token: String,
        by key: TestKey,
        header: [String: JSONValue] = [:]
    ) throws -> String {
        let claims = try JSONReader.value(UnpaddedBase64.decode(parts(token)[1]) ?? [])
        return try key.token(claims, .rs256, header: header)
    }

    static let audiences: [Attack] = [
        claims("another issuer", ["iss": "https://evil.example"]),
        claims("the issuer with a slash", ["iss": "https://id.example.org/"]),
        claims("the issuer in capitals", ["iss": "https://ID.example.org"]),
        claims("no issuer", ["iss": .null]),
        claims("an issuer that is a list", ["iss": ["https://id.example.org"]]),
        claims("made for another client", ["aud": "other"]),
        claims("made for others in a list", ["aud": ["other", "another"]]),
        claims("made for nobody", ["aud": .null]),
        claims("an audience that is a number", ["aud": 1]),
        claims("an audience with a number among texts", ["aud": ["carrel", 1]]),
        claims("several audiences without azp", ["aud": ["carrel", "other"]]),
        claims("several audiences, given to another (azp)", ["aud": ["carrel", "other"], "azp": "other"]),
        claims("one audience, given to another (azp)", ["azp": "other"]),
        claims("a prefix of our name", ["aud": "carre"]),
    ]

    static let times: [Attack] = [
        Attack("expired more than the skew ago") { fixture in
            let past = fixture.clock.now().milliseconds / 1000 - 61
            fixture.provider.change { $0.claims["exp"] = .number("\(past)") }
            try await fixture.enter()
        },
        Attack("not valid yet (nbf)") { fixture in
            let future = fixture.clock.now().milliseconds / 1000 + 90
            fixture.provider.change { $0.claims["nbf"] = .number("\(future)") }
            try await fixture.enter()
        },
        Attack("made in the future (iat)") { fixture in
            let future = fixture.clock.now().milliseconds / 1000 + 90
            fixture.provider.change { $0.claims["iat"] = .number("\(future)") }
            try await fixture.enter()
        },
        claims("without exp", ["exp": .null]),
        claims("exp as text", ["exp": "9999999999"]),
        claims("exp beyond numbers", ["exp": .number("1e400")]),
        claims("without iat", ["iat": .null]),
    ]

    static let others: [Attack] = [
        claims("without nonce", ["nonce": .null]),
        claims("another nonce", ["nonce": "n-0S6_WzA2Mj"]),
        claims("without sub", ["sub": .null]),
        claims("an empty sub", ["sub": ""]),
        claims("a sub that is a number", ["sub": 7]),
        claims("a sub beyond 255 characters", ["sub": .string(String(repeating: "a", count: 256))]),
        claims("a sub with a line break", ["sub": "ada\nroot"]),
        claims("another access token's hash (at_hash)", ["at_hash": "AAAAAAAAAAAAAAAAAAAAAA"]),
        Attack("an ID token of an earlier sign-in") { fixture in
            try await fixture.enter("eve")
            let old = try TestKey.rsa().token(
                fixture.provider.state.withLock { $0.idClaims("ada", nonce: "older", now: fixture.clock.now()) }
            )
            fixture.provider.change { $0.token = { _ in old } }
            try await fixture.enter()
        },
        Attack("userinfo about somebody else") { fixture in
            fixture.provider.change { $0.userinfo["sub"] = "eve" }
            try await fixture.enter()
        },
    ]
}
