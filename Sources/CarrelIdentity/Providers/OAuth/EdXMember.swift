/// Open edX: `GET /api/user/v1/me`, then the account of that name.
/// https://docs.openedx.org/projects/edx-platform/en/latest/references/docstrings/openedx/core/djangoapps/user_api
extension OAuthAPI {
    /// A user name never changes in edX, so it is the subject. edX knows no groups here; `is_active` says that the
    /// address was confirmed.
    func edxMember(_ base: String) async throws(ProviderFault) -> ProviderMember {
        let me = try await get("edX's user", "\(base)/api/user/v1/me")
        guard let name = me["username"]?.text.flatMap(Claims.plainName) else { throw Self.missing("who it is") }
        let account = try await get("edX's account", "\(base)/api/user/v1/accounts/\(FormText.encode(name))")
        guard account["username"]?.text == name else { throw Self.missing("the same twice") }
        let email = account["email"]?.text.flatMap(Claims.email)
        return ProviderMember(
            subject: name,
            name: name,
            displayName: account["name"]?.text.flatMap { ProviderMember.shown($0) } ?? name,
            email: email,
            emailIsVerified: email != nil && account["is_active"]?.flag == true,
            groups: []
        )
    }
}
