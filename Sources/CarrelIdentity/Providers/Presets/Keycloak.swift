extension ProviderProfile {
    /// Keycloak: the issuer is a realm, `https://id.example.org/realms/team`. Its tokens list the realm's roles; groups
    /// come with a mapper (`docs/sign-in/keycloak.md`).
    static func keycloak(_ remote: RemoteProvider) -> Self? {
        guard let issuer = remote.issuer else { return nil }
        var profile = standard(issuer: issuer)
        profile.groupsClaim = "realm_access.roles"
        return profile
    }
}
