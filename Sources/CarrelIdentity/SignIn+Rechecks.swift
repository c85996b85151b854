import CarrelCore
import Logging
import Synchronization

/// Asks providers, again and again, whether who is signed in is still theirs, and in which groups.
extension SignIn {
    /// How often is looked for sessions that are due.
    static let recheckPace: Duration = .seconds(1)
    /// Sessions of one provider that are asked about at once.
    static let rechecksAtOnce = 8
    /// A provider that does not answer is asked about a session again after so long, or after `recheck` if that is
    /// shorter.
    static let recheckAgain: Duration = .seconds(60)

    /// Until the task is cancelled. Each provider has a turn of its own: a slow one holds up no other's.
    public func recheckSessions() async throws {
        let turns = RecheckTurns()
        try await withThrowingDiscardingTaskGroup { group in
            while true {
                for id in shared.providers.ids where turns.begin(id) {
                    group.addTask {
                        await self.recheckDue(at: id)
                        turns.end(id)
                    }
                }
                try await clock.sleep(until: clock.now() + Self.recheckPace)
            }
        }
    }

    /// Everything that is due at one provider now.
    func recheckDue(at id: String) async {
        do {
            let due = try await store.grants(provider: id, dueAt: clock.now(), limit: 500)
            guard !due.isEmpty, let (rule, provider) = shared.providers[id] else { return }
            await withTaskGroup(of: Void.self) { group in
                for (index, grant) in due.enumerated() {
                    if index >= Self.rechecksAtOnce { await group.next() }
                    guard !Task.isCancelled else { break }
                    // Not cut off in the middle: the provider may have replaced the token already.
                    group.addTask { await Task { await self.recheck(grant, rule, provider) }.value }
                }
            }
        } catch {
            logger.error("sessions to ask about could not be read", metadata: ["error": "\(error)"])
        }
    }

    private func recheck(
        _ grant: ProviderGrant,
        _ rule: SignInRules.Provider,
        _ provider: any IdentityProvider
    ) async {
        do {
            guard let tokens = tokens(of: grant) else {
                return try await end(grant, because: "its tokens can't be read: were the keys replaced?")
            }
            let finding: ProviderFinding
            do {
                finding = try await provider.recheck(tokens, subject: grant.subject)
            } catch {
                return try await answer(to: error, grant, tokens, rule)
            }
            guard finding.member.subject == grant.subject else {
                return try await end(grant, because: "the provider speaks of somebody else than before")
            }
            // A token that was replaced works no more: whatever follows, the new one must be kept.
            let sealed = try sealed(finding.tokens, of: grant.session, grant.provider)
            try await store.updateGrant(
                of: grant.session,
                sealed: sealed,
                checkAt: nextCheck(rule, from: clock.now())
            )
            do { _ = try await admit(finding.member, rule) } catch let error as CarrelError
                where error.code == .forbidden
            {
                try await end(grant, because: error.detail ?? error.message)
            }
        } catch {
            logger.error(
                "a session could not be asked about",
                metadata: ["session": "\(grant.session)", "error": "\(error)"]
            )
        }
    }

    private func answer(
        to fault: ProviderFault,
        _ grant: ProviderGrant,
        _ tokens: ProviderTokens,
        _ rule: SignInRules.Provider
    ) async throws {
        switch fault.kind {
        case .spent, .refused, .untrusted: try await end(grant, because: fault.description)
        case .unavailable, .configuration:
            // Who is signed in works on: a provider that is away must not take everybody with it.
            logger.warning(
                "a provider does not answer: who is signed in stays so",
                metadata: ["provider": "\(rule.id)", "error": "\(fault.description)"]
            )
            let pause = min(Self.recheckAgain, rule.remote?.recheck ?? Self.recheckAgain)
            try await store.updateGrant(of: grant.session, sealed: grant.sealed, checkAt: clock.now() + pause)
        }
    }

    func end(_ grant: ProviderGrant, because reason: String) async throws {
        logger.notice(
            "session ended at the provider's word",
            metadata: [
                "user": "\(grant.user)", "session": "\(grant.session)", "provider": "\(grant.provider)",
                "reason": "\(reason)",
            ]
        )
        try await store.revokeSession(grant.session, by: .hub, at: clock.now())
        shared.known.patch { $0.revoked.insert(grant.session) }
    }
}

/// Providers whose sessions are being asked about.
private final class RecheckTurns: Sendable {
    private let busy = Mutex<Set<String>>([])

    /// False: it is its turn already.
    func begin(_ id: String) -> Bool { busy.withLock { $0.insert(id).inserted } }
    func end(_ id: String) { busy.withLock { _ = $0.remove(id) } }
}
