/// Any other API: one answer, with a path to each thing.
extension OAuthAPI {
    func plainMember(
        _ url: String,
        subject: String,
        name: String,
        email: String,
        emailVerified: String
    ) async throws(ProviderFault) -> ProviderMember {
        let answer = try await get("the API", url)
        guard let id = answer.value(at: subject)?.identifier, IDTokenCheck.isSubject(id) else {
            throw Self.missing("who it is: there is no text or whole number at \(subject)")
        }
        let address = answer.value(at: email)?.text.flatMap(Claims.email)
        // Without a word about it, an address is not verified.
        let isVerified = address != nil && answer.value(at: emailVerified)?.flag == true
        let plain = answer.value(at: name)?.identifier.flatMap(Claims.plainName)
        let known = plain ?? (isVerified ? address : nil) ?? Claims.nameOfSubject(id)
        return ProviderMember(
            subject: id,
            name: known,
            displayName: answer.value(at: "name")?.text.flatMap { ProviderMember.shown($0) } ?? known,
            email: address,
            emailIsVerified: isVerified,
            groups: profile.groupsClaim.map { answer.value(at: $0).map(Claims.groups) ?? [] } ?? []
        )
    }
}
