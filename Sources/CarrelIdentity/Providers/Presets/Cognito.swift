extension ProviderProfile {
    /// AWS Cognito: the issuer is a pool, `https://cognito-idp.<region>.amazonaws.com/<pool>`. `cognito:username` is
    /// unique in it. Its pages are under a domain of their own, which signing out needs.
    /// https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
    static func cognito(_ remote: RemoteProvider) -> Self? {
        guard let issuer = remote.issuer else { return nil }
        var profile = standard(issuer: issuer)
        profile.groupsClaim = "cognito:groups"
        profile.nameClaims = ["cognito:username", "username"]
        profile.signOut = remote.pages.map { .cognito(pages: $0.withoutSlash) } ?? .none
        return profile
    }
}
