extension ProviderProfile {
    /// Open edX: the issuer is the LMS, `https://courses.example.org`.
    static func edx(_ remote: RemoteProvider) -> Self? {
        guard let site = remote.issuer?.withoutSlash else { return nil }
        return Self(
            speech: .oauth2(
                .init(
                    authorization: "\(site)/oauth2/authorize",
                    token: "\(site)/oauth2/access_token",
                    userinfo: "\(site)/api/user/v1/me"
                ),
                .edx(base: site)
            ),
            scopes: ["read", "profile", "email"],
            secretInBody: true
        )
    }
}
