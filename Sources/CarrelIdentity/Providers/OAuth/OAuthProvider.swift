import CarrelCore

/// A provider that speaks OAuth 2 without ID tokens: who somebody is, its own API says.
actor OAuthProvider: IdentityProvider {
    let profile: ProviderProfile
    let remote: RemoteProvider
    let clock: any WallClock
    let calls: ProviderCalls
    private let endpoints: RemoteProvider.Endpoints
    private let dialect: OAuthDialect
    private var pulse = ProviderPulse()

    /// Nil for a profile of OpenID Connect.
    init?(_ profile: ProviderProfile, _ remote: RemoteProvider, calls: ProviderCalls, clock: any WallClock) {
        guard case .oauth2(let endpoints, let dialect) = profile.speech else { return nil }
        self.profile = profile
        self.remote = remote
        self.calls = calls
        self.clock = clock
        self.endpoints = endpoints
        self.dialect = dialect
    }

    var answers: Bool? { pulse.answers(at: clock.now()) }

    func authorization(_ flow: SignInFlow) async throws(ProviderFault) -> String {
        Authorization(
            endpoint: endpoints.authorization,
            clientID: remote.clientID,
            scopes: profile.scopes,
            callback: flow.callback,
            state: flow.state,
            nonce: nil,
            verifier: profile.sendsPKCE ? flow.verifier : nil,
            parameters: profile.parameters
        ).address
    }

    func redeem(_ answer: AuthorizationAnswer, for flow: SignInFlow) async throws(ProviderFault) -> ProviderFinding {
        // Without metadata there is no issuer to compare; each provider has a callback of its own (RFC 9700, 4.4.2.2).
        let code = try answer.code(from: answer.issuer ?? "", mustNameIssuer: false)
        let tokens = try await exchange { $0.code(code, callback: flow.callback, verifier: flow.verifier) }
        return try await finding(tokens, before: ProviderTokens())
    }

    func recheck(_ tokens: ProviderTokens, subject: String) async throws(ProviderFault) -> ProviderFinding {
        let finding: ProviderFinding
        if let refresh = tokens.refresh {
            finding = try await self.finding(try await exchange { $0.refresh(refresh) }, before: tokens)
        } else if let access = tokens.access, tokens.accessExpires.map({ $0 > clock.now().milliseconds }) ?? true {
            finding = ProviderFinding(member: try await member(access), tokens: tokens)
        } else {
            throw ProviderFault(.spent, "it gave no refresh token, and its access token has expired")
        }
        guard finding.member.subject == subject else {
            throw ProviderFault(.untrusted, "it speaks of somebody else than before")
        }
        return finding
    }

    func signOutAddress(back: String) async -> String? { nil }

    func logoutToken(_ text: String) async throws(ProviderFault) -> LogoutToken {
        throw ProviderFault(.untrusted, "this kind of provider sends no logout tokens")
    }

    private func finding(_ answer: TokenExchange.Answer, before: ProviderTokens) async throws(ProviderFault)
        -> ProviderFinding
    {
        let expires = answer.expiresIn.map { clock.now().milliseconds + Int64(min(max($0, 0), 1e9) * 1000) }
        let tokens = ProviderTokens(
            access: answer.access,
            accessExpires: expires,
            refresh: answer.refresh ?? before.refresh
        )
        return ProviderFinding(member: try await member(answer.access), tokens: tokens)
    }

    private func member(_ access: String) async throws(ProviderFault) -> ProviderMember {
        let api = OAuthAPI(calls: calls, token: access, profile: profile)
        return try await heard { () async throws(ProviderFault) in
            switch dialect {
            case .github(let base): try await api.githubMember(base)
            case .digitalocean: try await api.digitaloceanMember(endpoints.userinfo)
            case .edx(let base): try await api.edxMember(base)
            case .plain(let subject, let name, let email, let emailVerified):
                try await api.plainMember(
                    endpoints.userinfo,
                    subject: subject,
                    name: name,
                    email: email,
                    emailVerified: emailVerified
                )
            }
        }
    }

    private func exchange(
        _ request: (TokenExchange) -> ProviderRequest
    ) async throws(ProviderFault) -> TokenExchange.Answer {
        let wanted = request(
            TokenExchange(
                url: endpoints.token,
                clientID: remote.clientID,
                clientSecret: remote.clientSecret,
                secretInBody: profile.secretInBody
            )
        )
        return try await heard { () async throws(ProviderFault) in
            try TokenExchange.answer(try await calls.send(wanted), to: wanted)
        }
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

/// A provider's own API, asked with a member's access token.
struct OAuthAPI: Sendable {
    let calls: ProviderCalls
    let token: String
    let profile: ProviderProfile

    func get(
        _ what: String,
        _ url: String,
        headers: [(name: String, value: String)] = []
    ) async throws(ProviderFault) -> JSONValue {
        try await calls.json(what, at: url, bearer: token, headers: headers)
    }

    static func missing(_ what: String) -> ProviderFault { ProviderFault(.untrusted, "its API does not say \(what)") }
}
