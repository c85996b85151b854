public import CarrelCore
import Synchronization

/// Everything that decides, beside a credential's signature, whether it still counts: for a process that may not ask
/// the store itself.
public struct CredentialState: Hashable, Sendable, Codable {
    public var revoked: Set<SessionID>
    public var disabled: Set<UserID>
    /// Without revoked ones.
    public var tokens: [APIToken]
    /// In milliseconds.
    public var sessionLifetime: Int64
    /// Apps whose workspaces members may not enter any more. Nil from a version that did not know.
    public var closed: [Closed]?

    public struct Closed: Hashable, Sendable, Codable {
        public var user: UserID
        public var apps: Set<AppID>
    }
}

extension SignIn {
    /// What is in force now. Nil before the first `refresh`.
    public var credentialState: CredentialState? {
        guard let known = shared.known.snapshot else { return nil }
        let rules = rules
        var disabled = known.disabled
        var closed: [CredentialState.Closed] = []
        for user in known.members.values {
            if !rules.admits(user) { disabled.insert(user.id) }
            let apps = rules.closedApps(to: user)
            if !apps.isEmpty { closed.append(.init(user: user.id, apps: apps)) }
        }
        return CredentialState(
            revoked: known.revoked,
            disabled: disabled,
            tokens: Array(known.tokens.values),
            sessionLifetime: rules.sessionLifetime.milliseconds,
            closed: closed
        )
    }

    /// Puts in force what another process knows, in place of everything that was known here.
    public func adopt(_ state: CredentialState) {
        let lifetime = Duration.milliseconds(state.sessionLifetime)
        let changesLifetime = shared.rules.withLock { rules in
            defer { rules.sessionLifetime = lifetime }
            return rules.sessionLifetime != lifetime
        }
        shared.known.patch { known in
            known.revoked = state.revoked
            known.disabled = state.disabled
            known.members = [:]
            known.closed = Dictionary((state.closed ?? []).map { ($0.user, $0.apps) }) { first, _ in first }
            known.tokens = Dictionary(state.tokens.map { ($0.digest, $0) }) { first, _ in first }
        }
        if changesLifetime { shared.known.announce() }
    }
}
