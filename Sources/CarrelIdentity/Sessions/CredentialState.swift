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
}

extension SignIn {
    /// What is in force now. Nil before the first `refresh`.
    public var credentialState: CredentialState? {
        guard let known = shared.known.snapshot else { return nil }
        return CredentialState(
            revoked: known.revoked,
            disabled: known.disabled,
            tokens: Array(known.tokens.values),
            sessionLifetime: rules.sessionLifetime.milliseconds
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
            known.tokens = Dictionary(state.tokens.map { ($0.digest, $0) }) { first, _ in first }
        }
        if changesLifetime { shared.known.announce() }
    }
}
