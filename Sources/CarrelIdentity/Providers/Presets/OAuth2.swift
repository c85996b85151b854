extension ProviderProfile {
    /// Any other provider, with addresses and claims as configured.
    static func oauth2(_ remote: RemoteProvider) -> Self? {
        guard let endpoints = remote.endpoints else { return nil }
        return Self(
            speech: .oauth2(
                endpoints,
                .plain(
                    subject: remote.subjectClaim ?? "sub",
                    name: remote.nameClaim ?? "preferred_username",
                    email: remote.emailClaim ?? "email",
                    emailVerified: "email_verified"
                )
            ),
            scopes: ["profile", "email"],
            groupsClaim: "groups"
        )
    }
}
