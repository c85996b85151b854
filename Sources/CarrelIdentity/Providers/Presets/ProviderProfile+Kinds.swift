extension ProviderProfile {
    /// How to speak with a provider of this kind. Nil for `local`, unknown kinds, and where a setting is missing that
    /// the configuration's checks ask for.
    init?(kind: String, _ remote: RemoteProvider) {
        let made: Self? =
            switch kind {
            case "oidc": Self.plain(remote)
            case "keycloak": Self.keycloak(remote)
            case "gitlab": Self.gitlab(remote)
            case "google": Self.google(remote)
            case "microsoft": Self.microsoft(remote)
            case "cognito": Self.cognito(remote)
            case "alibaba": Self.alibaba(remote)
            case "github": Self.github(remote)
            case "digitalocean": Self.digitalocean(remote)
            case "edx": Self.edx(remote)
            case "oauth2": Self.oauth2(remote)
            default: nil
            }
        guard var profile = made else { return nil }
        if !remote.scopes.isEmpty { profile.scopes = remote.scopes }
        profile.groupsClaim = remote.groupsClaim ?? profile.groupsClaim
        if let name = remote.nameClaim { profile.nameClaims = [name] }
        self = profile
    }

    /// OpenID Connect at an issuer, with nothing of its own.
    static func standard(issuer: String) -> Self {
        Self(
            speech: .openID(discovery: Metadata.address(of: issuer), .exactly(issuer)),
            scopes: ["openid", "profile", "email"],
            groupsClaim: "groups",
            nameClaims: ["preferred_username"]
        )
    }

    private static func plain(_ remote: RemoteProvider) -> Self? { remote.issuer.map(standard) }
}

extension String {
    /// Without slashes at the end.
    var withoutSlash: String {
        var text = Substring(self)
        while text.hasSuffix("/") { text = text.dropLast() }
        return String(text)
    }
}
