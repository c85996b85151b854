import CarrelCore
import CarrelTesting
import Testing

@testable import CarrelIdentity

@Suite("What a provider may answer, and what comes of it")
struct ProviderAnswerTests {
    @Test("A broken or hostile answer signs nobody in", arguments: tokens + descriptions + slowness)
    func brokenAnswer(attack: Attack) async throws {
        try await attack.mustFail(in: ProviderFixture())
    }

    private static func script(
        _ name: String,
        _ codes: Set<CarrelError.Code> = [.providerFailed],
        _ change: @escaping @Sendable (inout ScriptedProvider.State) -> Void
    ) -> Attack {
        Attack(name, codes) { fixture in
            fixture.provider.change(change)
            try await fixture.enter()
        }
    }

    private static func bytes(_ text: String, _ status: Int = 200, type: String = "application/json")
        -> ProviderResponse
    {
        ProviderResponse(status: status, contentType: type, body: Array(text.utf8))
    }

    static let tokens: [Attack] = [
        script("the token endpoint redirects", [.unauthenticated, .providerFailed]) {
            $0.instead["token"] = bytes("", 302)
        },
        script("the token endpoint fails") { $0.instead["token"] = bytes("{}", 500) },
        script("the token endpoint wants patience") { $0.instead["token"] = bytes("{}", 429) },
        script("the token endpoint answers with a page") { $0.instead["token"] = bytes("<html>", type: "text/html") },
        script("the token endpoint answers with half a JSON") { $0.instead["token"] = bytes("{\"access_token\":\"a") },
        script("the token endpoint answers with a list") { $0.instead["token"] = bytes("[]") },
        script("the token endpoint answers with a member twice") {
            $0.instead["token"] = bytes("{\"access_token\":\"a\",\"access_token\":\"b\"}")
        },
        script("the token endpoint answers with nothing but brackets") {
            $0.instead["token"] = bytes(String(repeating: "[", count: 100_000))
        },
        script("the token endpoint does not know us") { $0.clientSecret = "another" },
        script("no ID token") { $0.answer["id_token"] = .null },
        script("an ID token that is no text") { $0.answer["id_token"] = 5 },
        script("no access token", [.unauthenticated]) { $0.answer["access_token"] = .null },
        script("an access token with a line break", [.unauthenticated]) { $0.answer["access_token"] = "a\r\nX: y" },
        script("an access token of another kind", [.unauthenticated]) { $0.answer["token_type"] = "mac" },
        script("userinfo that is no JSON") {
            $0.instead["userinfo"] = bytes("eyJhbGciOiJub25lIn0.e30.", type: "application/jwt")
        },
        script("userinfo that redirects") { $0.instead["userinfo"] = bytes("", 307) },
        script("a key set without keys", [.unauthenticated]) { $0.instead["keys"] = bytes("{}") },
        script("a key set that is a page") { $0.instead["keys"] = bytes("<html>", type: "text/html") },
        script("a key set of weak keys", [.unauthenticated]) {
            $0.keys = [
                [
                    "kty": "RSA", "kid": "rsa", "e": "AQAB",
                    "n": .string(UnpaddedBase64.encode([UInt8](repeating: 0xc1, count: 128))),
                ]
            ]
        },
    ]

    static let descriptions: [Attack] = [
        script("metadata of another issuer", [.unauthenticated]) { $0.metadata["issuer"] = "https://evil.example" },
        script("metadata without issuer", [.unauthenticated]) { $0.metadata["issuer"] = .null },
        script("metadata whose token endpoint has no TLS", [.unauthenticated]) {
            $0.metadata["token_endpoint"] = "http://id.example.org/token"
        },
        script("metadata whose keys have no TLS", [.unauthenticated]) {
            $0.metadata["jwks_uri"] = "http://169.254.169.254/latest"
        },
        script("metadata whose keys are a file", [.unauthenticated]) { $0.metadata["jwks_uri"] = "file:///etc/passwd" },
        script("metadata whose endpoint has a user in it", [.unauthenticated]) {
            $0.metadata["authorization_endpoint"] = "https://id.example.org@evil.example/authorize"
        },
        script("metadata whose endpoint is a script", [.unauthenticated]) {
            $0.metadata["authorization_endpoint"] = "javascript:alert(1)"
        },
        script("metadata whose endpoint breaks the line", [.unauthenticated]) {
            $0.metadata["authorization_endpoint"] = "https://id.example.org/a\r\nSet-Cookie: x=y"
        },
        script("metadata without endpoints", [.unauthenticated]) { $0.metadata["token_endpoint"] = .null },
        script("metadata that is missing") { $0.instead["metadata"] = bytes("{}", 404) },
        script("metadata that redirects") { $0.instead["metadata"] = bytes("", 301) },
        script("metadata that is a page") { $0.instead["metadata"] = bytes("<!doctype html>", type: "text/html") },
    ]

    static let slowness: [Attack] = ["metadata", "keys", "token", "userinfo"].map { endpoint in
        script("\(endpoint) that does not come in time, or is too long") {
            $0.fails[endpoint] = ProviderFault(.unavailable, "id.example.org did not answer within 10.0 seconds")
        }
    }

    @Test("Who is signed in works on while the provider is down, and the sign-in page knows")
    func providerDown() async throws {
        let fixture = try await ProviderFixture()
        let signedIn = try await fixture.enter()
        #expect(await fixture.signIn.answers("company") == true)
        fixture.provider.change { $0.fails["*"] = ProviderFault(.unavailable, "down") }
        await fixture.recheck()
        #expect(fixture.isSignedIn(signedIn))
        let refusal = try await fixture.refusal { _ = try await fixture.begin() }
        #expect(refusal.code == .providerFailed)
        #expect(refusal.message.hasPrefix("Company account does not answer right now."))
        #expect(await fixture.signIn.answers("company") == false)
        fixture.provider.change { $0.fails = [:] }
        #expect(fixture.isSignedIn(try await fixture.enter()))
        #expect(await fixture.signIn.answers("company") == true)
    }

    @Test("A provider that hangs holds up nobody but its own members")
    func hangingProvider() async throws {
        let fixture = try await ProviderFixture()
        let opens = Latch()
        let reached = Latch()
        fixture.provider.change {
            $0.during["metadata"] = {
                reached.open()
                try? await opens.wait()
            }
        }
        async let slow = fixture.begin()
        try await reached.wait()
        #expect(try await fixture.begin("second").hasPrefix("https://second.example.org/authorize?"))
        await fixture.signIn.recheckDue(at: "second")
        opens.open()
        #expect(try await slow.hasPrefix("https://id.example.org/authorize?"))
    }

    @Test("More than 64 requests at once are refused, not kept")
    func manyAtOnce() async throws {
        let fixture = try await ProviderFixture()
        try await fixture.enter()
        let opens = Latch()
        fixture.provider.change { $0.during["token"] = { try? await opens.wait() } }
        var answers: [AuthorizationAnswer] = []
        for _ in 0..<(ProviderCalls.most + 6) { answers.append(fixture.provider.visit(try await fixture.begin())) }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for answer in answers {
                group.addTask {
                    do {
                        _ = try await fixture.finish(answer)
                        return true
                    } catch let error as CarrelError where error.code == .providerFailed {
                        return false
                    }
                }
            }
            var refused = 0
            while refused < 6, let isIn = try await group.next() { refused += isIn ? 0 : 1 }
            #expect(refused == 6)
            opens.open()
            var entered = 0
            for try await isIn in group { entered += isIn ? 1 : 0 }
            #expect(entered == ProviderCalls.most)
        }
    }

    @Test("The answer to one member's flood of claims is bounded")
    func oversizeClaims() async throws {
        let fixture = try await ProviderFixture()
        fixture.provider.change {
            $0.claims["groups"] = .array(
                (0..<3000).map { .string("g\($0)") } + [.string(String(repeating: "x", count: 5000))]
            )
            $0.claims["name"] = .string(String(repeating: "N", count: 4000))
            $0.claims["preferred_username"] = .string(String(repeating: "p", count: 4000))
            $0.claims["email"] = .string(String(repeating: "e", count: 4000) + "@example.org")
            $0.claims["email_verified"] = true
        }
        let user = try await fixture.enter().user
        #expect(user.groups.count == ProviderLimits.groups)
        #expect(user.groups.allSatisfy { $0.utf8.count < 300 })
        #expect(user.name.count <= ProviderLimits.displayName)
        #expect(user.identities.first?.name == "ada")
        #expect(user.email == nil)
    }
}
