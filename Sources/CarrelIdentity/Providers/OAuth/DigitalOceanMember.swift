/// DigitalOcean: `GET /v2/account`. https://docs.digitalocean.com/reference/api/reference/account/
extension OAuthAPI {
    /// The group is the id of the team that the member chose when signing in: anybody may call a team anything.
    func digitaloceanMember(_ url: String) async throws(ProviderFault) -> ProviderMember {
        let answer = try await get("DigitalOcean's account", url)
        guard let account = answer["account"], let id = account["uuid"]?.text, IDTokenCheck.isSubject(id) else {
            throw Self.missing("who it is")
        }
        // `warning` is about bills; who is locked is out.
        guard account["status"]?.text != "locked" else { throw ProviderFault(.refused, "the account is locked") }
        let email = account["email"]?.text.flatMap(Claims.email)
        let isVerified = email != nil && account["email_verified"]?.flag == true
        let name = (isVerified ? email : nil) ?? Claims.nameOfSubject(id)
        return ProviderMember(
            subject: id,
            name: name,
            displayName: account["name"]?.text.flatMap { ProviderMember.shown($0) } ?? name,
            email: email,
            emailIsVerified: isVerified,
            groups: Set([account["team"]?["uuid"]?.text].compactMap(\.self).filter(Claims.isGroup))
        )
    }
}
