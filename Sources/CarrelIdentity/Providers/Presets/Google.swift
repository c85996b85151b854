extension ProviderProfile {
    /// Google: no groups, no user names. A refresh token comes only with `offline` and a consent page.
    static func google(_ remote: RemoteProvider) -> Self? {
        var profile = standard(issuer: remote.issuer ?? "https://accounts.google.com")
        profile.groupsClaim = nil
        profile.nameClaims = []
        profile.hostedDomain = remote.hostedDomain
        profile.parameters = [
            Parameter(name: "access_type", value: "offline"), Parameter(name: "prompt", value: "consent"),
        ]
        if let domain = remote.hostedDomain { profile.parameters.append(Parameter(name: "hd", value: domain)) }
        profile.signOut = .none
        return profile
    }
}
