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
    /// The claim that lists a member's groups; nil: the kind's own.
    public var groupsClaim: String?
    /// The claim by which members are named; nil: the kind's own.
    public var nameClaim: String?
    /// `oauth2` only: where its API says who somebody is, and their address.
    public var subjectClaim: String?
    public var emailClaim: String?
    /// `microsoft`: directory id or domain, or `organizations`, `common`, `consumers`.
    public var tenant: String?
    /// `google`: the company's domain.
    public var hostedDomain: String?
    /// `github`, `digitalocean`: where the API is.
    public var api: String?
    /// `cognito`: where the sign-in pages are.
    public var pages: String?
    /// `oauth2` only.
    public var endpoints: OAuthEndpoints?
    /// Who may sign in; nil: whoever the provider lets in.
    public var allow: AllowSettings?
    /// How soon somebody whom the provider has removed must be out.
    public var recheck: Duration = .seconds(900)

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

/// Who may sign in at a provider: whoever one of the lists names.
public struct AllowSettings: Hashable, Sendable {
    /// Provider-qualified.
    public var groups: Set<String>
    /// Addresses in which `*` stands for anything.
    public var emails: Set<String>
    public var domains: Set<String>

    public init(groups: Set<String> = [], emails: Set<String> = [], domains: Set<String> = []) {
        self.groups = groups
        self.emails = emails
        self.domains = domains
    }
}
