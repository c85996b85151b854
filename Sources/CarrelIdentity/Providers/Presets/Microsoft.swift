extension ProviderProfile {
    /// Microsoft Entra ID. A member is `tid` and `oid`: `sub` differs from application to application, and names and
    /// addresses may be anybody's. https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
    static func microsoft(_ remote: RemoteProvider) -> Self? {
        guard let tenant = remote.tenant else { return nil }
        let base = (remote.issuer ?? "https://login.microsoftonline.com").withoutSlash
        let only: String? =
            switch tenant {
            case "consumers": IssuerRule.personalDirectory
            case let text where IssuerRule.isDirectory(text): text
            // A domain's id, and `organizations` and `common`, are the metadata's to say.
            default: nil
            }
        return Self(
            speech: .openID(
                discovery: Metadata.address(of: "\(base)/\(tenant)/v2.0"),
                .microsoft(base: base, only: only)
            ),
            scopes: ["openid", "profile", "email", "offline_access"],
            groupsClaim: "groups",
            subject: .microsoft,
            // The directory's administrator, or whoever made the account, wrote it (xms_edov: they proved it).
            email: .byClaim("xms_edov"),
            asksUserinfo: false
        )
    }
}
