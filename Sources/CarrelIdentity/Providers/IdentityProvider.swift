import CarrelCore

/// One provider that members sign in at.
protocol IdentityProvider: Sendable {
    /// Where to send the browser. Asks the provider whether it is there unless it was heard of just now.
    func authorization(_ flow: SignInFlow) async throws(ProviderFault) -> String
    /// Who it is, proved by the code in the answer.
    func redeem(_ answer: AuthorizationAnswer, for flow: SignInFlow) async throws(ProviderFault) -> ProviderFinding
    /// Who it is now. `spent`: the provider does not know them any more, or nothing is left to ask with.
    func recheck(_ tokens: ProviderTokens, subject: String) async throws(ProviderFault) -> ProviderFinding
    /// Where to send a browser to sign out there as well; nil: the provider has no such place.
    func signOutAddress(back: String) async -> String?
    /// Throws `untrusted` for what is no word of this provider's that somebody signed out.
    func logoutToken(_ text: String) async throws(ProviderFault) -> LogoutToken
    /// Whether it answered when it was asked last. Nil: nobody asked lately.
    var answers: Bool? { get async }
}

/// Who signed in, and what to ask about them with later.
struct ProviderFinding: Sendable {
    var member: ProviderMember
    var tokens: ProviderTokens
}

/// What was heard of a provider, and when.
struct ProviderPulse: Sendable {
    /// For so long, what was heard last is told.
    static let lasts: Duration = .seconds(60)
    /// For so long after an answer, it is not asked again whether it is there.
    static let fresh: Duration = .seconds(10)

    private var at: Timestamp?
    private var isGood = true

    mutating func heard(good: Bool, at now: Timestamp) {
        at = now
        isGood = good
    }

    func answers(at now: Timestamp) -> Bool? {
        guard let at, now - at < Self.lasts else { return nil }
        return isGood
    }

    func isFresh(at now: Timestamp) -> Bool { isGood && at.map { now - $0 < Self.fresh } ?? false }
}
