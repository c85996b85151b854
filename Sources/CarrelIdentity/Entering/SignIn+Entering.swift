public import CarrelCore
import Synchronization

/// What came of a ticket.
public enum Entry: Hashable, Sendable {
    /// The cookie's value, until when it is good, and where to go on below the workspace's path.
    case admitted(cookie: String, expires: Timestamp, path: String)
    /// It was made for another browser.
    case elsewhere(path: String)
    /// It is unknown, was used or has expired, is another workspace's, or its session has ended.
    case refused
}

extension SignIn {
    public func makeEntry(
        _ session: SessionID,
        workspace: WorkspaceID,
        path: String,
        browser: String
    ) async throws -> String {
        let now = clock.now()
        guard let found = try await store.session(session), found.revokedAt == nil, found.expiresAt > now else {
            throw CarrelError(.unauthenticated, "Sign in first.")
        }
        let secret = shared.random.secret()
        let ticket = EntryTicket(
            session: session,
            user: found.user,
            issued: found.createdAt,
            expires: found.expiresAt,
            workspace: workspace,
            path: path,
            browser: browser,
            goodUntil: now + EntryTickets.lifetime
        )
        shared.entries.withLock { $0.add(ticket, digest: SecretDigest.of(secret), now: now) }
        return secret
    }

    public func useEntry(_ secret: String, workspace: WorkspaceID, browser: String) -> Entry {
        guard SecretDigest.isSecret(secret),
            let ticket = shared.entries.withLock({ $0.take(digest: SecretDigest.of(secret), now: clock.now()) }),
            ticket.workspace == workspace
        else { return .refused }
        guard ticket.browser == browser else { return .elsewhere(path: ticket.path) }
        let cookie = WorkspaceCookie(
            workspace: workspace,
            session: ticket.session,
            user: ticket.user,
            issued: ticket.issued,
            expires: ticket.expires
        ).signed(for: deployment, with: keys.workspaces)
        // Signed out or disabled meanwhile.
        guard let principal = authorize(.workspaceCookie(cookie)) else { return .refused }
        return .admitted(cookie: cookie, expires: principal.expiresAt, path: ticket.path)
    }
}
