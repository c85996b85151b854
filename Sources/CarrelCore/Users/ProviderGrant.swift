/// What ties a session to the provider that vouched for its member: kept as long as the session lives.
public struct ProviderGrant: Hashable, Sendable {
    public let session: SessionID
    public let user: UserID
    public let provider: String
    /// Who the member is to the provider.
    public let subject: String
    /// What the provider calls its own session (OpenID Connect's `sid`); nil: it did not say.
    public let providerSession: String?
    /// The provider's tokens, encrypted.
    public var sealed: String
    /// When to ask the provider next whether the member is still theirs.
    public var checkAt: Timestamp

    public init(
        session: SessionID,
        user: UserID,
        provider: String,
        subject: String,
        providerSession: String?,
        sealed: String,
        checkAt: Timestamp
    ) {
        self.session = session
        self.user = user
        self.provider = provider
        self.subject = subject
        self.providerSession = providerSession
        self.sealed = sealed
        self.checkAt = checkAt
    }
}
