import CarrelCore
import CarrelTesting
import Synchronization
import Testing

@testable import CarrelIdentity

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("What one process tells another of sessions and tokens")
struct CredentialStateTests {
    /// As it goes from one process to another.
    private func told(by signIn: SignIn) throws -> CredentialState {
        let state = try #require(signIn.credentialState)
        return try JSONDecoder().decode(CredentialState.self, from: JSONEncoder().encode(state))
    }

    @Test("What was revoked in one counts in the other, at once, and its observers hear of it")
    func adopted() async throws {
        let (serving, elder) = (try await SignInFixture(), try await SignInFixture())
        let user = try await serving.account("ada")
        let session = try await serving.enter("ada")
        #expect(elder.signIn.authorize(.cookie(session.cookie))?.user == user.id)
        let changes = Mutex(0)
        elder.signIn.onChange { changes.withLock { $0 += 1 } }
        try await serving.signIn.signOut(session.session.id, by: .user(user.id))
        try elder.signIn.adopt(told(by: serving.signIn))
        #expect(elder.signIn.authorize(.cookie(session.cookie)) == nil)
        #expect(changes.withLock { $0 } == 1)
        try elder.signIn.adopt(told(by: serving.signIn))
        #expect(changes.withLock { $0 } == 1, "nothing has changed")
    }

    @Test("A token that is made later counts, one that is revoked does not")
    func tokens() async throws {
        let (serving, elder) = (try await SignInFixture(), try await SignInFixture())
        let (token, secret) = try await serving.signIn.makeToken(
            scopes: [.workspaces],
            user: nil,
            lifetime: .seconds(60),
            by: .commandLine
        )
        #expect(elder.signIn.authorize(.bearer(secret)) == nil)
        try elder.signIn.adopt(told(by: serving.signIn))
        #expect(elder.signIn.authorize(.bearer(secret)) != nil)
        try await serving.signIn.revokeToken(token.id, by: .commandLine)
        try elder.signIn.adopt(told(by: serving.signIn))
        #expect(elder.signIn.authorize(.bearer(secret)) == nil)
    }

    @Test("A shorter lifetime of sessions counts for those that exist")
    func lifetime() async throws {
        let (serving, elder) = (try await SignInFixture(), try await SignInFixture())
        try await serving.account("ada")
        let session = try await serving.enter("ada")
        var rules = serving.signIn.rules
        rules.sessionLifetime = .seconds(60)
        serving.signIn.apply(rules)
        try elder.signIn.adopt(told(by: serving.signIn))
        let principal = try #require(elder.signIn.authorize(.cookie(session.cookie)))
        #expect(principal.expiresAt == serving.clock.now() + .seconds(60))
    }
}
