public import CarrelCore

/// How members sign in, and who operates.
public struct SignInSettings: Hashable, Sendable {
    public var sessionLifetime: Duration
    /// Where signing in leads; nil: to the portal.
    public var defaultApp: AppID?
    public var providers: [ProviderRule]
    public var operators: AccessRule
}

/// One way to sign in.
public struct ProviderRule: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case local, oidc, oauth2, gitlab, github, microsoft, google, keycloak, cognito, alibaba, digitalocean, edx
    }

    public var id: String
    public var kind: Kind
    /// On the sign-in page.
    public var title: String
    /// Nil: the kind's own.
    public var issuer: String?
    public var clientID: String?
    public var clientSecret: Secret?
    /// Empty: the kind's own.
    public var scopes: [String]
    /// The claim that lists a member's groups.
    public var groupsClaim: String?
    /// `microsoft`: directory id or domain.
    public var tenant: String?
    /// `oauth2` only.
    public var endpoints: OAuthEndpoints?

    public init(id: String, kind: Kind, title: String, scopes: [String] = []) {
        self.id = id
        self.kind = kind
        self.title = title
        self.scopes = scopes
    }
}

/// Where a provider without discovery is asked (names as in RFC 8414).
public struct OAuthEndpoints: Hashable, Sendable {
    public var authorization: String
    public var token: String
    public var userinfo: String
}
