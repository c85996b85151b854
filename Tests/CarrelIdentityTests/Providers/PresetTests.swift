import CarrelCore
import CarrelTesting
import Synchronization
import Testing

@testable import CarrelIdentity

/// Metadata and claims as the provider's own documentation shows them.
struct RecordedProvider: Sendable, CustomTestStringConvertible {
    var testDescription: String { kind }
    let kind: String
    var remote: RemoteProvider
    /// Where the metadata must be looked for.
    let discovery: String
    let metadata: [String: JSONValue]
    let claims: [String: JSONValue]
    var userinfo: [String: JSONValue] = [:]
    let subject: String
    let name: String
    let display: String
    let email: String?
    let verified: Bool
    let groups: Set<String>
    /// What the address to which the browser is sent begins with, and holds.
    let leads: [String]
    let signOut: String?
}

@Suite("Presets, against what each provider documents")
struct PresetTests {
    @Test("Signing in works with recorded metadata and tokens", arguments: RecordedProvider.all)
    func recorded(recorded: RecordedProvider) async throws {
        let fixture = try await ProviderFixture(kind: recorded.kind, remote: recorded.remote)
        fixture.provider.change { state in
            state.metadata = recorded.metadata
            state.claims = recorded.claims
            state.userinfo = recorded.userinfo
        }
        let address = try await fixture.begin()
        #expect(fixture.provider.state.withLock { $0.urls }.first == recorded.discovery)
        for part in recorded.leads { #expect(address.contains(part), "\(address)") }
        #expect(address.contains("code_challenge_method=S256"))
        let subject = recorded.claims["sub"]?.text ?? "ada"
        let signedIn = try await fixture.finish(fixture.provider.visit(address, as: subject)).0
        let identity = try #require(signedIn.user.identities.first)
        #expect(identity.subject == recorded.subject)
        #expect(identity.name == recorded.name)
        #expect(identity.email == recorded.email)
        #expect(identity.emailIsVerified == recorded.verified)
        #expect(signedIn.user.name == recorded.display)
        #expect(signedIn.user.groups == Set(recorded.groups.map { "company:\($0)" }))
        let back = await fixture.signIn.signOutAddress(
            of: signedIn.session.id,
            back: "https://work.example.org/sign-in"
        )
        #expect(back?.split(separator: "?").first.map(String.init) == recorded.signOut)
        // And again, by the refresh token.
        fixture.clock.advance(by: .seconds(900))
        await fixture.signIn.recheckDue(at: "company")
        #expect(fixture.log.text.contains("session ended") == false, "\(fixture.log.text)")
    }

    @Test("Microsoft: tokens of another directory than the configured one are refused")
    func otherDirectory() async throws {
        var recorded = RecordedProvider.microsoft
        recorded.remote.tenant = "aaaabbbb-0000-cccc-1111-dddd2222eeee"
        let fixture = try await ProviderFixture(kind: "microsoft", remote: recorded.remote)
        let base = "https://login.microsoftonline.com/"
        fixture.provider.change { state in
            state.metadata = recorded.metadata
            state.metadata["issuer"] = .string(base + "aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0")
            state.claims = recorded.claims
        }
        let refusal = try await fixture.refusal { try await fixture.enter() }
        #expect(refusal.code == .unauthenticated)
    }

    @Test("Microsoft: any directory's token must name that directory twice alike (iss and tid)")
    func issuerWithoutDirectory() async throws {
        var remote = RecordedProvider.microsoft.remote
        remote.tenant = "organizations"
        let fixture = try await ProviderFixture(kind: "microsoft", remote: remote)
        fixture.provider.change { state in
            state.metadata = RecordedProvider.microsoft.metadata
            state.metadata["issuer"] = "https://login.microsoftonline.com/{tenantid}/v2.0"
            state.claims = RecordedProvider.microsoft.claims
        }
        #expect(fixture.isSignedIn(try await fixture.enter()))
        fixture.provider.change { $0.claims["tid"] = "99999999-0000-cccc-1111-dddd2222eeee" }
        #expect(try await fixture.refusal { try await fixture.enter() }.code == .unauthenticated)
    }

    @Test("Microsoft: more groups than fit are no groups, and the log says so")
    func overage() async throws {
        let fixture = try await ProviderFixture(kind: "microsoft", remote: RecordedProvider.microsoft.remote)
        fixture.provider.change { state in
            state.metadata = RecordedProvider.microsoft.metadata
            state.claims = RecordedProvider.microsoft.claims
            state.claims["groups"] = .null
            state.claims["_claim_names"] = ["groups": "src1"]
        }
        let signedIn = try await fixture.enter()
        #expect(signedIn.user.groups.isEmpty)
        #expect(fixture.log.text.contains("more groups than fit into a token"))
    }

    @Test("Google: accounts of another domain, and private ones, are refused", arguments: ["other.example", nil])
    func hostedDomain(domain: String?) async throws {
        let fixture = try await ProviderFixture(kind: "google", remote: RecordedProvider.google.remote)
        fixture.provider.change { state in
            state.metadata = RecordedProvider.google.metadata
            state.claims = RecordedProvider.google.claims
            state.claims["hd"] = domain.map { .string($0) } ?? .null
        }
        #expect(try await fixture.refusal { try await fixture.enter() }.code == .unauthenticated)
    }
}
