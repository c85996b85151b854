extension ProviderProfile {
    /// GitHub, at github.com, at `<company>.ghe.com` or at home.
    static func github(_ remote: RemoteProvider) -> Self? {
        let site = (remote.issuer ?? "https://github.com").withoutSlash
        return Self(
            speech: .oauth2(
                .init(
                    authorization: "\(site)/login/oauth/authorize",
                    token: "\(site)/login/oauth/access_token",
                    userinfo: ""
                ),
                .github(api: remote.api?.withoutSlash ?? api(of: site))
            ),
            scopes: ["read:user", "user:email", "read:org"],
            secretInBody: true
        )
    }

    private static func api(of site: String) -> String {
        if site == "https://github.com" { return "https://api.github.com" }
        let host = site.dropFirst("https://".count)
        return site.hasSuffix(".ghe.com") ? "https://api.\(host)" : "\(site)/api/v3"
    }
}
