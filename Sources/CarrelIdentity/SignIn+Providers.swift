import CarrelCore
import Logging
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Signing in at another provider.
extension SignIn {
    /// Longest `next` that is taken along, in bytes: it becomes part of an address at the provider.
    private static let longestNext = 1024

    public func begin(at provider: String, callback: String, next: String?, browser: String) async throws -> String {
        let (rule, remote) = try self.provider(provider)
        let next = next.flatMap { SafeRedirect.path($0) }.flatMap { $0.utf8.count <= Self.longestNext ? $0 : nil }
        guard
            let flow = SignInFlow(
                provider: rule.id,
                callback: callback,
                next: next,
                browser: browser,
                audience: audience,
                id: shared.random.secret(),
                now: clock.now(),
                keys: keys
            )
        else { throw CarrelError(.invalid, "This sign-in can't be begun.") }
        do { return try await remote.authorization(flow) } catch { throw fault(error, rule, hiding: []) }
    }

    public func finish(
        at provider: String,
        _ answer: AuthorizationAnswer,
        callback: String,
        browser: String?
    ) async throws -> (SignedIn, next: String?) {
        let (rule, remote) = try self.provider(provider)
        let now = clock.now()
        guard let state = answer.state, let browser, !browser.isEmpty,
            let flow = SignInFlow(opening: state, browser: browser, audience: audience, now: now, keys: keys)
        else {
            throw CarrelError(
                .unauthenticated,
                "This sign-in was not begun in this browser, or took too long. Please try again.",
                detail: "state: \(answer.state == nil ? "missing" : "not of this browser, or too old")"
            )
        }
        guard flow.provider == rule.id, flow.callback == callback else {
            throw ProviderFault(.untrusted, "the sign-in was begun at \(flow.provider), and came back as another's")
                .error(title: rule.title)
        }
        guard shared.finished.withLock({ $0.finish(flow.id, expires: flow.expires, now: now) }) else {
            throw ProviderFault(.spent, "the state was used already").error(title: rule.title)
        }
        do {
            let finding = try await remote.redeem(answer, for: flow)
            let user = try await admit(finding.member, rule)
            let signedIn = try await newSession(for: user, provider: rule.id) { session in
                try grant(finding, of: session, rule)
            }
            return (signedIn, flow.next)
        } catch let error as ProviderFault {
            throw fault(error, rule, hiding: [answer.code, answer.state].compactMap(\.self))
        }
    }

    public func answers(_ provider: String) async -> Bool? { await shared.providers[provider]?.provider.answers }

    private func provider(_ id: String) throws -> (SignInRules.Provider, any IdentityProvider) {
        guard let (rule, provider) = shared.providers[id] else {
            throw CarrelError(.notFound, "There is no such way to sign in.")
        }
        return (rule, provider)
    }

    /// A provider may repeat what it was sent: that must not stand in a log.
    private func fault(_ fault: ProviderFault, _ rule: SignInRules.Provider, hiding secrets: [String]) -> CarrelError {
        var text = fault.description
        for secret in secrets + [rule.remote?.clientSecret.reveal() ?? ""] where !secret.isEmpty {
            text = text.replacing(secret, with: "…")
        }
        return ProviderFault(fault.kind, "\(rule.id): \(text)").error(title: rule.title)
    }

    /// The member, brought up to date. Throws `forbidden` for somebody who may not use this server: a stranger is not
    /// remembered then; of a member it is noted which groups they have now.
    func admit(_ member: ProviderMember, _ rule: SignInRules.Provider) async throws -> User {
        let identity = member.identity(at: rule.id)
        let groups = member.qualifiedGroups(at: rule.id)
        let known = try await store.user(provider: rule.id, subject: member.subject)
        if let note = member.note {
            logger.warning(
                "\(note)",
                metadata: ["provider": "\(rule.id)", "user": "\(known?.id.description ?? "new")"]
            )
        }
        let isAllowed = rule.remote?.allow?.admits(identity, groups: groups) ?? true
        guard isAllowed || known != nil else { throw Self.notAllowed(rule) }
        let user = try await store.ensureUser(
            identity,
            displayName: member.displayName,
            groups: groups,
            by: .hub,
            at: clock.now()
        )
        know(user)
        guard isAllowed else { throw Self.notAllowed(rule) }
        guard !user.isDisabled else {
            throw CarrelError(
                .forbidden,
                "Your account is suspended here. Ask an operator.",
                detail: "\(rule.id): \(user.id) is suspended"
            )
        }
        return user
    }

    private static func notAllowed(_ rule: SignInRules.Provider) -> CarrelError {
        CarrelError(
            .forbidden,
            "Your account at \(rule.title) may not use this server. Ask an operator.",
            detail: "\(rule.id): allow names neither the account nor its groups"
        )
    }

    /// What was learned of a member counts from now on.
    func know(_ user: User) {
        guard let before = shared.known.snapshot?.members[user.id] else {
            return shared.known.patch(quietly: true) { $0.members[user.id] = user }
        }
        guard before != user else { return }
        shared.known.patch { $0.members[user.id] = user }
    }

    private func grant(
        _ finding: ProviderFinding,
        of session: Session,
        _ rule: SignInRules.Provider
    ) throws -> ProviderGrant {
        ProviderGrant(
            session: session.id,
            user: session.user,
            provider: rule.id,
            subject: finding.member.subject,
            providerSession: finding.member.session,
            sealed: try sealed(finding.tokens, of: session.id, rule.id),
            checkAt: nextCheck(rule, from: session.createdAt)
        )
    }

    /// Some time before `recheck` has passed, so that the answer is there by then; not all at once for those who came
    /// at once.
    func nextCheck(_ rule: SignInRules.Provider, from now: Timestamp) -> Timestamp {
        let recheck = (rule.remote?.recheck ?? RemoteProvider.defaultRecheck).milliseconds
        let random = Int64(shared.random.bytes(2).reduce(0) { $0 << 8 | Int($1) })
        return now + .milliseconds(recheck * 7 / 10 + recheck * random / (65_536 * 5))
    }

    func sealed(_ tokens: ProviderTokens, of session: SessionID, _ provider: String) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        guard let sealed = SealedText(key: keys.grants).seal(try encoder.encode(tokens), for: "\(session)\n\(provider)")
        else { throw CarrelError(.internal, "Something went wrong on our side.", detail: "tokens can't be sealed") }
        return sealed
    }

    func tokens(of grant: ProviderGrant) -> ProviderTokens? {
        SealedText(key: keys.grants).open(grant.sealed, for: "\(grant.session)\n\(grant.provider)")
            .flatMap { try? JSONDecoder().decode(ProviderTokens.self, from: Data($0)) }
    }
}
