extension ProviderProfile {
    /// DigitalOcean. https://docs.digitalocean.com/reference/api/oauth/
    static func digitalocean(_ remote: RemoteProvider) -> Self? {
        let site = (remote.issuer ?? "https://cloud.digitalocean.com").withoutSlash
        let api = (remote.api ?? "https://api.digitalocean.com").withoutSlash
        return Self(
            speech: .oauth2(
                .init(
                    authorization: "\(site)/v1/oauth/authorize",
                    token: "\(site)/v1/oauth/token",
                    userinfo: "\(api)/v2/account"
                ),
                .digitalocean
            ),
            scopes: ["read"],
            secretInBody: true
        )
    }
}
