import CarrelCore

/// A provider that speaks OpenID Connect. Metadata and keys are kept; everything that decides is in pure values
/// (`Metadata`, `KeySet`, `IDTokenCheck`, `Claims`), this only asks and passes on.
actor OpenIDProvider: IdentityProvider {
    /// How long metadata and keys count without being asked for again.
    static let memory: Duration = .seconds(3600)
    /// At most so often keys are fetched because a token names an unknown one.
    static let keyPace: Duration = .seconds(30)

    let profile: ProviderProfile
    let remote: RemoteProvider
    let clock: any WallClock
    let calls: ProviderCalls
    private let discovery: String
    private let rule: IssuerRule
    private var metadata: (value: Metadata, at: Timestamp)?
    private var keys: (value: KeySet, at: Timestamp)?
    /// When keys were asked for last, with whatever outcome.
    private var keysAsked: Timestamp?
    private var pulse = ProviderPulse()
    private var asking: Task<Metadata, any Error>?

    /// Nil for a profile of plain OAuth 2.
    init?(_ profile: ProviderProfile, _ remote: RemoteProvider, calls: ProviderCalls, clock: any WallClock) {
        guard case .openID(let discovery, let rule) = profile.speech else { return nil }
        self.profile = profile
        self.remote = remote
        self.calls = calls
        self.clock = clock
        self.discovery = discovery
        self.rule = rule
    }

    var answers: Bool? { pulse.answers(at: clock.now()) }

    func authorization(_ flow: SignInFlow) async throws(ProviderFault) -> String {
        let metadata = try await self.metadata(fresh: true)
        return Authorization(
            endpoint: metadata.authorization,
            clientID: remote.clientID,
            scopes: profile.scopes,
            callback: flow.callback,
            state: flow.state,
            nonce: flow.nonce,
            verifier: profile.sendsPKCE ? flow.verifier : nil,
            parameters: profile.parameters
        ).address
    }

    func redeem(_ answer: AuthorizationAnswer, for flow: SignInFlow) async throws(ProviderFault) -> ProviderFinding {
        let metadata = try await self.metadata()
        let code = try answer.code(from: metadata.issuer, mustNameIssuer: metadata.namesIssuer)
        let answer = try await exchange(metadata) { $0.code(code, callback: flow.callback, verifier: flow.verifier) }
        guard let text = answer.idToken else {
            throw ProviderFault(.configuration, "it gave no ID token: is the scope openid allowed?")
        }
        let token = try await verified(text, metadata)
        let check = IDTokenCheck(
            issuer: issuer(metadata),
            clientID: remote.clientID,
            nonce: flow.nonce,
            mustEchoNonce: profile.mustEchoNonce,
            accessToken: answer.access,
            now: clock.now()
        )
        let subject = try check.subject(of: token)
        return try await finding(answer, token.claims, subject: subject, before: ProviderTokens(), metadata)
    }

    func recheck(_ tokens: ProviderTokens, subject: String) async throws(ProviderFault) -> ProviderFinding {
        let metadata = try await self.metadata()
        guard let refresh = tokens.refresh else { return try await recheckByAccess(tokens, subject, metadata) }
        let answer = try await exchange(metadata) { $0.refresh(refresh) }
        guard let text = answer.idToken else {
            return try await finding(answer, nil, subject: tokens.standardSubject ?? subject, before: tokens, metadata)
        }
        let token = try await verified(text, metadata)
        let check = IDTokenCheck(
            issuer: issuer(metadata),
            clientID: remote.clientID,
            nonce: nil,
            subject: tokens.standardSubject,
            accessToken: answer.access,
            now: clock.now()
        )
        let now = try check.subject(of: token)
        return try await finding(answer, token.claims, subject: now, before: tokens, metadata)
    }

    /// Without a refresh token there is the access token, for as long as it lasts.
    private func recheckByAccess(
        _ tokens: ProviderTokens,
        _ subject: String,
        _ metadata: Metadata
    ) async throws(ProviderFault) -> ProviderFinding {
        guard let access = tokens.access, profile.asksUserinfo, metadata.userinfo != nil,
            tokens.accessExpires.map({ $0 > clock.now().milliseconds }) ?? true
        else {
            throw ProviderFault(.spent, "it gave no refresh token, and its access token is of no use any more")
        }
        let claims = try await userinfo(access, tokens.standardSubject ?? subject, metadata)
        let member = try Claims(profile: profile, token: nil, userinfo: claims)
            .member(subject: tokens.standardSubject ?? subject, groupsInIDTokenOnly: tokens.groupsInIDTokenOnly)
        return ProviderFinding(member: member, tokens: tokens)
    }

    private func finding(
        _ answer: TokenExchange.Answer,
        _ token: JSONValue?,
        subject: String,
        before: ProviderTokens,
        _ metadata: Metadata
    ) async throws(ProviderFault) -> ProviderFinding {
        var info: JSONValue?
        if profile.asksUserinfo, metadata.userinfo != nil {
            info = try await userinfo(answer.access, subject, metadata)
        }
        let claims = Claims(profile: profile, token: token, userinfo: info)
        let member = try claims.member(subject: subject, groupsInIDTokenOnly: before.groupsInIDTokenOnly)
        let expires = answer.expiresIn.map { clock.now().milliseconds + Int64(min(max($0, 0), 1e9) * 1000) }
        let tokens = ProviderTokens(
            access: answer.access,
            accessExpires: expires,
            // Who rotates sends another; who does not goes on with the same.
            refresh: answer.refresh ?? before.refresh,
            groupsInIDTokenOnly: token == nil ? before.groupsInIDTokenOnly : claims.hasGroupsInTokenOnly,
            standardSubject: subject
        )
        return ProviderFinding(member: member, tokens: tokens)
    }

    /// What the userinfo endpoint says, if it is about the same member (Core, section 5.3.2).
    private func userinfo(_ access: String, _ subject: String, _ metadata: Metadata) async throws(ProviderFault)
        -> JSONValue?
    {
        guard let address = metadata.userinfo else { return nil }
        let claims = try await heard { () async throws(ProviderFault) in
            try await calls.json("the userinfo endpoint", at: address, bearer: access)
        }
        guard claims["sub"]?.text == subject else {
            throw ProviderFault(.untrusted, "the userinfo endpoint speaks of somebody else (sub)")
        }
        return claims
    }

    private func exchange(
        _ metadata: Metadata,
        _ request: (TokenExchange) -> ProviderRequest
    ) async throws(ProviderFault) -> TokenExchange.Answer {
        let exchange = TokenExchange(
            url: metadata.token,
            clientID: remote.clientID,
            clientSecret: remote.clientSecret,
            secretInBody: profile.secretInBody || !metadata.takesBasic
        )
        let wanted = request(exchange)
        return try await heard { () async throws(ProviderFault) in
            try TokenExchange.answer(try await calls.send(wanted), to: wanted)
        }
    }

    func signOutAddress(back: String) async -> String? {
        switch profile.signOut {
        case .none: return nil
        case .cognito(let pages):
            return FormText.address("\(pages)/logout", [("client_id", remote.clientID), ("logout_uri", back)])
        case .standard:
            // Without `id_token_hint`: a token does not belong into an address. The provider may ask before it does it.
            guard let end = try? await metadata().endSession else { return nil }
            return FormText.address(end, [("client_id", remote.clientID), ("post_logout_redirect_uri", back)])
        }
    }

    func logoutToken(_ text: String) async throws(ProviderFault) -> LogoutToken {
        let metadata = try await self.metadata()
        let token = try await verified(text, metadata)
        return try LogoutToken(token, issuer: issuer(metadata), clientID: remote.clientID, now: clock.now())
    }

    /// Whose tokens are believed: the issuer that the metadata names, or any directory's where that is a template.
    private func issuer(_ metadata: Metadata) -> IssuerRule {
        metadata.issuer.contains("{tenantid}") ? rule : .exactly(metadata.issuer)
    }

    // MARK: Keys

    private func verified(_ text: String, _ metadata: Metadata) async throws(ProviderFault) -> SignedToken {
        let token = try SignedToken(text)
        if let algorithms = metadata.algorithms, !algorithms.contains(token.algorithm.rawValue) {
            throw IDTokenCheck.fault("is signed with \(token.algorithm.rawValue), which the metadata does not name")
        }
        var verdict = try await keySet(metadata).verdict(on: token)
        if verdict == .unknownKey, mayAskForKeys { verdict = try await fetchKeys(metadata).verdict(on: token) }
        switch verdict {
        case .signed: return token
        case .unknownKey: throw IDTokenCheck.fault("is signed with a key that the provider does not publish")
        case .forged: throw IDTokenCheck.fault("has a wrong signature")
        }
    }

    private var mayAskForKeys: Bool { keysAsked.map { clock.now() - $0 >= Self.keyPace } ?? true }

    private func keySet(_ metadata: Metadata) async throws(ProviderFault) -> KeySet {
        if let keys, clock.now() - keys.at < Self.memory || !mayAskForKeys { return keys.value }
        do { return try await fetchKeys(metadata) } catch {
            // A set that is an hour older is better than nobody signing in.
            guard error.kind == .unavailable, let keys, clock.now() - keys.at < Self.memory * 2 else { throw error }
            return keys.value
        }
    }

    private func fetchKeys(_ metadata: Metadata) async throws(ProviderFault) -> KeySet {
        keysAsked = clock.now()
        let json = try await heard { () async throws(ProviderFault) in
            try await calls.json("the key set", at: metadata.keys)
        }
        let set = try KeySet(json)
        keys = (set, clock.now())
        return set
    }

    // MARK: Metadata

    /// `fresh`: a provider that was not heard of for some seconds is asked whether it is there.
    private func metadata(fresh: Bool = false) async throws(ProviderFault) -> Metadata {
        let now = clock.now()
        if let metadata, now - metadata.at < Self.memory, !fresh || pulse.isFresh(at: now) { return metadata.value }
        do {
            return try await ask()
        } catch {
            guard !fresh, error.kind == .unavailable, let metadata else { throw error }
            return metadata.value
        }
    }

    /// Many who sign in at once ask once.
    private func ask() async throws(ProviderFault) -> Metadata {
        // Of all who wait, not of the first: it must go on when the first goes away.
        let task = asking ?? Task { try await self.fetchMetadata() }
        asking = task
        do { return try await task.value } catch {
            throw error as? ProviderFault ?? ProviderFault(.unavailable, "the metadata was not fetched: \(error)")
        }
    }

    private func fetchMetadata() async throws(ProviderFault) -> Metadata {
        defer { asking = nil }
        let json = try await heard { () async throws(ProviderFault) in
            try await calls.json("the metadata at \(discovery)", at: discovery, timeout: .seconds(6))
        }
        let value = try Metadata(json, issuer: rule)
        // Keys may be elsewhere now.
        if let old = metadata?.value, old.keys != value.keys { keys = nil }
        metadata = (value, clock.now())
        return value
    }

    /// Remembers whether the provider answered at all.
    private func heard<Value: Sendable>(
        _ ask: () async throws(ProviderFault) -> Value
    ) async throws(ProviderFault) -> Value {
        do {
            let value = try await ask()
            pulse.heard(good: true, at: clock.now())
            return value
        } catch {
            pulse.heard(good: error.kind != .unavailable, at: clock.now())
            throw error
        }
    }
}
