import CarrelConfig
import CarrelCore
import CarrelIdentity

extension ProviderRule {
    /// What sign-in is told of a provider that is not `local`.
    var remote: RemoteProvider? {
        guard kind != .local, let clientID, let clientSecret else { return nil }
        var remote = RemoteProvider(
            issuer: issuer,
            clientID: clientID,
            clientSecret: clientSecret,
            scopes: scopes,
            groupsClaim: groupsClaim,
            nameClaim: nameClaim,
            endpoints: endpoints.map {
                .init(authorization: $0.authorization, token: $0.token, userinfo: $0.userinfo)
            },
            allow: allow.map { AllowRule(groups: $0.groups, emails: $0.emails, domains: $0.domains) },
            recheck: recheck
        )
        remote.subjectClaim = subjectClaim
        remote.emailClaim = emailClaim
        remote.tenant = tenant
        remote.hostedDomain = hostedDomain
        remote.api = api
        remote.pages = pages
        return remote
    }
}
