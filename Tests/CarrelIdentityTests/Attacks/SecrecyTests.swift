import CarrelCore
import CarrelTesting
import Testing

@testable import CarrelIdentity

@Suite("Secrets of a sign-in stay where they belong")
struct SecrecyTests {
    @Test("Codes, tokens and the client's secret stand in no log, whatever goes right or wrong")
    func log() async throws {
        let fixture = try await ProviderFixture()
        let signedIn = try await fixture.enter()
        await fixture.recheck()
        fixture.provider.change { $0.instead["token"] = ScriptedProvider.error("canary_error", 400) }
        _ = try await fixture.refusal { try await fixture.enter() }
        await fixture.recheck()
        fixture.provider.change {
            $0.instead = [:]
            $0.removed = ["ada"]
        }
        await fixture.recheck()
        #expect(!fixture.isSignedIn(signedIn))
        #expect(fixture.log.text.contains("signed in"))
        #expect(fixture.log.text.contains("session ended at the provider's word"))
        for secret in ["canary-code", "canary-access", "canary-refresh", "canary-client-secret"] {
            #expect(!fixture.log.text.contains(secret))
        }
    }

    @Test("A provider that repeats what it was sent does not bring it into a log")
    func echo() async throws {
        let fixture = try await ProviderFixture()
        let answer = fixture.provider.visit(try await fixture.begin())
        fixture.provider.change { state in
            state.instead["token"] = ScriptedProvider.json(
                [
                    "error": "invalid_request",
                    "error_description": .string("\(answer.code ?? "") canary-client-secret"),
                ],
                status: 400
            )
        }
        let refusal = try await fixture.refusal { _ = try await fixture.finish(answer) }
        #expect(!refusal.description.contains("canary"))
    }

    @Test("The address at the provider holds no secret, and nothing readable of where somebody goes")
    func address() async throws {
        let fixture = try await ProviderFixture()
        let address = try await fixture.begin(next: "/open/jupyter/secret-project")
        #expect(!address.contains("canary"))
        #expect(!address.contains("secret-project"))
        #expect(!address.contains(ProviderFixture.browser))
        let fields = ScriptedProvider.fields(address.split(separator: "?", maxSplits: 1).last ?? "")
        #expect(fields["code_challenge_method"] == "S256")
        #expect(fields["code_challenge"]?.utf8.count == 43)
        #expect(fields["response_type"] == "code")
        #expect(fields["nonce"]?.utf8.count == 43)
    }

    @Test("State, nonce and challenge differ from sign-in to sign-in")
    func fresh() async throws {
        let fixture = try await ProviderFixture()
        let addresses = [try await fixture.begin(), try await fixture.begin()]
        let fields = addresses.map { ScriptedProvider.fields($0.split(separator: "?", maxSplits: 1).last ?? "") }
        for name in ["state", "nonce", "code_challenge"] { #expect(fields[0][name] != fields[1][name]) }
    }
}
