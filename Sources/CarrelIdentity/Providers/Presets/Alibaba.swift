extension ProviderProfile {
    /// Alibaba Cloud RAM. Its metadata names no userinfo endpoint; a user is `upn`, which is unique among all accounts,
    /// but looks like an address and is none.
    /// https://www.alibabacloud.com/help/en/ram/obtain-user-information-through-oidc
    static func alibaba(_ remote: RemoteProvider) -> Self? {
        var profile = standard(issuer: remote.issuer ?? "https://oauth.alibabacloud.com")
        profile.scopes = ["openid", "aliuid", "profile"]
        profile.groupsClaim = nil
        profile.nameClaims = ["uid"]
        profile.email = .neverVerified
        profile.parameters = [Parameter(name: "access_type", value: "offline")]
        profile.signOut = .none
        // Its documentation does not say that it knows `nonce`; PKCE it does.
        profile.mustEchoNonce = false
        return profile
    }
}
