/// A member. The id never changes and means nothing; names may.
public struct User: Hashable, Sendable, Codable {
    public let id: UserID
    /// What to show.
    public var name: String
    public var identities: [Identity]
    /// Provider-qualified: `company:data-science`.
    public var groups: Set<String>
    /// Made an operator by another operator; `sign-in.operators` in the configuration counts beside this.
    public var isOperator: Bool
    public var isDisabled: Bool
    /// The uid under which the process engine stores the home: stable, one per member.
    public let storageUID: UInt32
    public let createdAt: Timestamp

    public init(
        id: UserID,
        name: String,
        identities: [Identity],
        groups: Set<String> = [],
        isOperator: Bool = false,
        isDisabled: Bool = false,
        storageUID: UInt32,
        createdAt: Timestamp
    ) {
        self.id = id
        self.name = name
        self.identities = identities
        self.groups = groups
        self.isOperator = isOperator
        self.isDisabled = isDisabled
        self.storageUID = storageUID
        self.createdAt = createdAt
    }

    /// Whether a name in the configuration, command line or API means this member: `u-…` or `provider:name`.
    /// An e-mail counts only if the provider says that it is verified.
    public func isNamed(_ text: String) -> Bool {
        if text == id.description { return true }
        return identities.contains { identity in
            text == "\(identity.provider):\(identity.name)"
                || (identity.emailIsVerified && identity.email.map { text == "\(identity.provider):\($0)" } ?? false)
        }
    }

    /// The address to tell an app, if any is known.
    public var email: String? { identities.lazy.compactMap(\.email).first }
}

/// Who somebody is to one provider.
public struct Identity: Hashable, Sendable, Codable {
    public let provider: String
    /// Immutable at the provider: a local account's name, OpenID Connect's `sub`.
    public let subject: String
    /// What the provider calls them.
    public var name: String
    public var email: String?
    public var emailIsVerified: Bool

    public init(provider: String, subject: String, name: String, email: String? = nil, emailIsVerified: Bool = false) {
        self.provider = provider
        self.subject = subject
        self.name = name
        self.email = email
        self.emailIsVerified = emailIsVerified
    }
}

extension AccessRule {
    /// Whether the rule names this member or a group of theirs.
    public func admits(_ user: User) -> Bool {
        !groups.isDisjoint(with: user.groups) || users.contains { user.isNamed($0) }
    }
}

extension App {
    /// Whether a member may open the app; operators may open every app.
    public func admits(_ user: User) -> Bool {
        guard !user.isDisabled else { return false }
        return access?.admits(user) ?? true
    }
}
