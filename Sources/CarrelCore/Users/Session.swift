/// One signed-in browser.
public struct Session: Hashable, Sendable, Codable {
    public let id: SessionID
    public let user: UserID
    /// The provider that vouched for the member.
    public let provider: String
    public let createdAt: Timestamp
    public let expiresAt: Timestamp
    public var revokedAt: Timestamp?

    public init(
        id: SessionID,
        user: UserID,
        provider: String,
        createdAt: Timestamp,
        expiresAt: Timestamp,
        revokedAt: Timestamp? = nil
    ) {
        self.id = id
        self.user = user
        self.provider = provider
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
    }
}

/// What an API token may do.
public enum Scope: String, Hashable, Sendable, Codable, CaseIterable {
    case workspaces, pool, observe, embed, operate
}

/// An API token as the store knows it: only its digest.
public struct APIToken: Hashable, Sendable, Codable {
    public let id: TokenID
    /// SHA-256 of the token, 64 hexadecimal digits.
    public let digest: String
    public let scopes: Set<Scope>
    /// Acts as that member only; nil: for all members.
    public let user: UserID?
    public let createdAt: Timestamp
    public let expiresAt: Timestamp
    public var revokedAt: Timestamp?

    public init(
        id: TokenID,
        digest: String,
        scopes: Set<Scope>,
        user: UserID?,
        createdAt: Timestamp,
        expiresAt: Timestamp,
        revokedAt: Timestamp? = nil
    ) {
        self.id = id
        self.digest = digest
        self.scopes = scopes
        self.user = user
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
    }
}

/// A sign-in link that works once. Only the digest of its secret is stored.
public struct LaunchTicket: Hashable, Sendable, Codable {
    /// SHA-256 of the secret part, 64 hexadecimal digits.
    public let digest: String
    public let user: UserID
    /// Where it leads on this host: begins with one slash.
    public let path: String
    public let expiresAt: Timestamp

    public init(digest: String, user: UserID, path: String, expiresAt: Timestamp) {
        self.digest = digest
        self.user = user
        self.path = path
        self.expiresAt = expiresAt
    }
}

/// Who a request comes from, as proved by its cookie or token. Cheap enough for every request.
public struct Principal: Hashable, Sendable {
    public enum Credential: Hashable, Sendable {
        case session(SessionID)
        case token(TokenID, Set<Scope>)
    }

    /// Nil: a token for all members.
    public let user: UserID?
    public let credential: Credential
    public let expiresAt: Timestamp
    /// Nil: good for any of the member's workspaces; else for this one only.
    public let workspace: WorkspaceID?
    /// Apps whose workspaces the member may not enter, although they own some: access was taken away since.
    public let closedApps: Set<AppID>

    public init(
        user: UserID?,
        credential: Credential,
        expiresAt: Timestamp,
        workspace: WorkspaceID? = nil,
        closedApps: Set<AppID> = []
    ) {
        self.user = user
        self.credential = credential
        self.expiresAt = expiresAt
        self.workspace = workspace
        self.closedApps = closedApps
    }

    /// Whether it may enter workspaces of its member: every session may, a token with the scope `workspaces`.
    public var entersWorkspaces: Bool {
        switch credential {
        case .session: true
        case .token(_, let scopes): scopes.contains(.workspaces)
        }
    }
}

/// Who did something, for the record: by id only, so that a name can be erased.
public enum Actor: Hashable, Sendable, Codable {
    case user(UserID)
    case token(TokenID)
    /// Somebody with access to the machine, by the command line.
    case commandLine
    /// Carrel itself.
    case hub

    public var description: String {
        switch self {
        case .user(let id): id.description
        case .token(let id): id.description
        case .commandLine: "command-line"
        case .hub: "hub"
        }
    }
}
