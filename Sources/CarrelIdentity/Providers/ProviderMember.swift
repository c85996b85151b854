import CarrelCore

/// What a provider says of somebody who signed in there.
struct ProviderMember: Hashable, Sendable {
    /// Immutable at the provider.
    var subject: String
    /// By which configuration and command line name them: unique at the provider.
    var name: String
    var displayName: String
    var email: String?
    var emailIsVerified: Bool
    /// As the provider names them.
    var groups: Set<String>
    /// The provider's own name of its session, for back-channel logout.
    var session: String?
    /// Something that an operator should know about this sign-in.
    var note: String?

    func identity(at provider: String) -> Identity {
        Identity(provider: provider, subject: subject, name: name, email: email, emailIsVerified: emailIsVerified)
    }

    /// `company:data-science`; at most `ProviderLimits.groups`.
    func qualifiedGroups(at provider: String) -> Set<String> {
        Set(groups.sorted().prefix(ProviderLimits.groups).map { "\(provider):\($0)" })
    }

    /// What is written by strangers and shown to others: no control or formatting characters, and not too long.
    static func shown(_ text: String, longest: Int = ProviderLimits.displayName) -> String? {
        let scalars = text.unicodeScalars.filter { scalar in
            scalar.value >= 32 && scalar.value != 127 && scalar.properties.generalCategory != .control
                && scalar.properties.generalCategory != .format
                && scalar.properties.generalCategory != .lineSeparator
                && scalar.properties.generalCategory != .paragraphSeparator
        }
        var shown = ""
        shown.unicodeScalars.append(contentsOf: scalars.prefix(longest))
        let isBlank = !shown.unicodeScalars.contains { !$0.properties.isWhitespace }
        return isBlank ? nil : shown
    }
}

/// What a provider gave to ask it again with. Stored sealed only.
struct ProviderTokens: Hashable, Sendable, Codable {
    var access: String?
    /// In milliseconds since 1970; nil: it does not end, or nobody said.
    var accessExpires: Int64?
    var refresh: String?
    /// Whether groups came in the ID token and nowhere else, so that an answer without one says nothing of them.
    var groupsInIDTokenOnly = false
    /// `sub`, where the subject that Carrel keeps is another.
    var standardSubject: String?
}
