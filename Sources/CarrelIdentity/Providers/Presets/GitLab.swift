extension ProviderProfile {
    /// GitLab, at gitlab.com or at home. Userinfo lists the groups by their full paths, and only there; user names are
    /// `preferred_username` there, `nickname` everywhere. It has no `end_session_endpoint`.
    static func gitlab(_ remote: RemoteProvider) -> Self? {
        var profile = standard(issuer: remote.issuer ?? "https://gitlab.com")
        profile.nameClaims = ["preferred_username", "nickname"]
        return profile
    }
}
