import CarrelCore

extension Builder {
    func signIn(_ value: Checked?) -> SignInSettings {
        // Without any, there would be no way in.
        let providers = value?["providers"].map { $0.elements.compactMap(provider) } ?? [Self.localProvider]
        return SignInSettings(
            sessionLifetime: value?["session"]?["lifetime"]?.duration ?? .seconds(12 * 3600),
            defaultApp: value?["default-app"]?.text.flatMap { AppID($0) },
            providers: providers,
            operators: people(value?["operators"])
        )
    }

    func people(_ value: Checked?) -> AccessRule {
        AccessRule(users: Set(value?["users"]?.texts ?? []), groups: Set(value?["groups"]?.texts ?? []))
    }

    private static let localProvider = ProviderRule(
        id: "local",
        kind: .local,
        title: "local",
        scopes: []
    )

    private func provider(from value: Checked) -> ProviderRule? {
        guard let id = value["id"]?.text, let kind = value["kind"]?.text.flatMap(ProviderRule.Kind.init(rawValue:))
        else { return nil }
        var rule = ProviderRule(id: id, kind: kind, title: value["title"]?.text ?? id, scopes: [])
        rule.issuer = value["issuer"]?.text
        rule.clientID = value["client-id"]?.text
        rule.clientSecret = value["client-secret"]?.secret
        rule.scopes = value["scopes"]?.texts ?? []
        rule.groupsClaim = value["groups-claim"]?.text
        rule.nameClaim = value["name-claim"]?.text
        rule.subjectClaim = value["subject-claim"]?.text
        rule.emailClaim = value["email-claim"]?.text
        rule.tenant = value["tenant"]?.text
        rule.hostedDomain = value["hosted-domain"]?.text
        rule.api = value["api"]?.text
        rule.pages = value["pages"]?.text
        rule.recheck = value["recheck"]?.duration ?? rule.recheck
        rule.allow = value["allow"].map { allow in
            AllowSettings(
                groups: Set(allow["groups"]?.texts ?? []),
                emails: Set(allow["emails"]?.texts ?? []),
                domains: Set(allow["domains"]?.texts ?? [])
            )
        }
        if let authorization = value["authorization-endpoint"]?.text, let token = value["token-endpoint"]?.text,
            let userinfo = value["userinfo-endpoint"]?.text
        {
            rule.endpoints = OAuthEndpoints(authorization: authorization, token: token, userinfo: userinfo)
        }
        return rule
    }
}
