public import CarrelCore
import Logging
import Synchronization

/// Signing out here and at the provider.
extension SignIn {
    public func signOutAddress(of session: SessionID, back: String) async -> String? {
        guard let grant = try? await store.grant(of: session, at: clock.now()),
            let provider = shared.providers[grant.provider]?.provider
        else { return nil }
        return await provider.signOutAddress(back: back)
    }

    public func signedOut(at provider: String, token: String) async throws {
        guard let (rule, remote) = shared.providers[provider] else {
            throw CarrelError(.notFound, "There is no such provider.")
        }
        let logout: LogoutToken
        do {
            logout = try await remote.logoutToken(token)
        } catch {
            logger.notice("a logout token was refused", metadata: ["provider": "\(provider)", "error": "\(error)"])
            guard error.kind == .untrusted else { throw error.error(title: rule.title) }
            throw CarrelError(.invalid, "This is no logout token for this server.", detail: error.description)
        }
        let now = clock.now()
        let isNew = shared.logouts.withLock {
            $0.finish("\(provider)\n\(logout.id)", expires: logout.expires + .seconds(120), now: now)
        }
        guard isNew else { throw CarrelError(.invalid, "This logout token was used already.") }
        let grants = try await store.grants(
            provider: provider,
            subject: logout.subject,
            providerSession: logout.session,
            at: now
        )
        for grant in grants { try await end(grant, because: "signed out at the provider") }
    }
}
