/// What claims say of a member. Pure.
struct Claims: Sendable {
    let profile: ProviderProfile
    /// Of the ID token; nil where a refresh brought none.
    let token: JSONValue?
    /// Of the userinfo endpoint; nil where it was not asked. Its `sub` was compared.
    let userinfo: JSONValue?

    /// What the ID token says counts before what userinfo says: it is signed.
    func value(_ path: String) -> JSONValue? {
        if let value = token?.value(at: path), value != .null { return value }
        if let value = userinfo?.value(at: path), value != .null { return value }
        return nil
    }

    /// `subject`: the verified one. Throws `refused` where the provider's own rule keeps somebody out, `untrusted`
    /// where a claim is missing that must be there.
    func member(subject standard: String, groupsInIDTokenOnly: Bool) throws(ProviderFault) -> ProviderMember {
        if let domain = profile.hostedDomain {
            guard value("hd")?.text?.lowercased() == domain.lowercased() else {
                throw ProviderFault(.refused, "the account belongs to another domain (hd) than \(domain)")
            }
        }
        let subject = try self.subject(standard)
        let email = value("email")?.text.flatMap(Self.email)
        let isVerified = email != nil && emailIsVerified
        let name = name(subject: subject, verifiedEmail: isVerified ? email : nil)
        var member = ProviderMember(
            subject: subject,
            name: name,
            displayName: displayName ?? name,
            email: email,
            emailIsVerified: isVerified,
            groups: try groups(groupsInIDTokenOnly: groupsInIDTokenOnly),
            session: token?["sid"]?.text
        )
        if isOverage {
            member.groups = []
            member.note =
                "this member is in more groups than fit into a token, so none counts: let the provider send only the "
                + "groups that are assigned to the application"
        }
        return member
    }

    /// Whether the ID token, and not userinfo, lists groups.
    var hasGroupsInTokenOnly: Bool {
        profile.groupsClaim.map { token?.value(at: $0) != nil && userinfo?.value(at: $0) == nil } ?? false
    }

    private func subject(_ standard: String) throws(ProviderFault) -> String {
        guard profile.subject == .microsoft else { return standard }
        guard let directory = value("tid")?.text, IssuerRule.isDirectory(directory), let object = value("oid")?.text,
            IssuerRule.isDirectory(object)
        else { throw ProviderFault(.untrusted, "the token has no oid and tid: ask for the scope profile") }
        return "\(directory).\(object)"
    }

    private var emailIsVerified: Bool {
        switch profile.email {
        case .neverVerified: return false
        case .byClaim(let claim):
            // Some write the word, or a number, as text.
            switch value(claim) {
            case .bool(let flag): return flag
            case .string(let text): return text == "true"
            default: return false
            }
        }
    }

    /// What the member is called in the configuration. A name with an `@` counts only if it is the verified address:
    /// who can choose a user name could otherwise choose somebody's address.
    private func name(subject: String, verifiedEmail: String?) -> String {
        for claim in profile.nameClaims {
            if let text = value(claim)?.identifier, let name = Self.plainName(text) { return name }
        }
        return verifiedEmail ?? Self.nameOfSubject(subject)
    }

    static func plainName(_ text: String) -> String? {
        guard (1...200).contains(text.utf8.count), !text.contains("@"), ProviderMember.shown(text, longest: 200) == text
        else { return nil }
        return text
    }

    static func nameOfSubject(_ subject: String) -> String { subject.replacing("@", with: "%40") }

    private var displayName: String? {
        if let name = value("name")?.text.flatMap({ ProviderMember.shown($0) }) { return name }
        let parts = ["given_name", "family_name"].compactMap { value($0)?.text.flatMap { ProviderMember.shown($0) } }
        if !parts.isEmpty { return ProviderMember.shown(parts.joined(separator: " ")) }
        return value("nickname")?.text.flatMap { ProviderMember.shown($0) }
    }

    /// An address as it is compared later: bounded, with one `@` and no blanks.
    static func email(_ text: String) -> String? {
        guard (3...254).contains(text.utf8.count), text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }),
            text.split(separator: "@", omittingEmptySubsequences: false).count == 2, !text.hasPrefix("@"),
            !text.hasSuffix("@"), ProviderMember.shown(text, longest: 254) == text
        else { return nil }
        return text
    }

    /// Missing groups are no groups, except after a refresh without ID token where they stood in that: then nobody
    /// knows, and who it is has to be asked anew.
    private func groups(groupsInIDTokenOnly: Bool) throws(ProviderFault) -> Set<String> {
        guard let claim = profile.groupsClaim else { return [] }
        if let found = value(claim) { return Self.groups(found) }
        guard token != nil || !groupsInIDTokenOnly else {
            throw ProviderFault(.spent, "a refresh brings no ID token, and groups were in that only")
        }
        return []
    }

    /// A list of texts, or of objects with a name, or one text.
    static func groups(_ value: JSONValue) -> Set<String> {
        let names: [String]
        switch value {
        case .string(let one): names = [one]
        case .array(let several): names = several.compactMap { $0.identifier ?? $0["name"]?.text }
        default: names = []
        }
        return Set(names.filter(isGroup))
    }

    static func isGroup(_ name: String) -> Bool {
        !name.isEmpty && ProviderMember.shown(name, longest: ProviderLimits.groupName) == name
    }

    /// Microsoft sends a reference in place of more than 200 groups.
    private var isOverage: Bool {
        guard profile.subject == .microsoft, let claim = profile.groupsClaim else { return false }
        return token?["_claim_names"]?[claim] != nil || token?["hasgroups"]?.flag == true
    }
}
