public import CarrelCore

/// What signing in elsewhere needs to know: one of `sign-in.providers` that is not `local`.
public struct RemoteProvider: Hashable, Sendable {
    public struct Endpoints: Hashable, Sendable {
        public var authorization: String
        public var token: String
        public var userinfo: String

        public init(authorization: String, token: String, userinfo: String) {
            self.authorization = authorization
            self.token = token
            self.userinfo = userinfo
        }
    }

    /// The provider's address; nil: the kind's own.
    public var issuer: String?
    public var clientID: String
    public var clientSecret: Secret
    /// Empty: the kind's own.
    public var scopes: [String]
    /// Paths of claims; nil: the kind's own.
    public var groupsClaim: String?
    public var nameClaim: String?
    /// `oauth2` only.
    public var subjectClaim: String?
    public var emailClaim: String?
    /// `microsoft`: a directory's id or domain, `organizations`, `common` or `consumers`.
    public var tenant: String?
    /// `google`: the company's domain.
    public var hostedDomain: String?
    /// `github`: where its API is; nil: where the issuer's is.
    public var api: String?
    /// `oauth2` only.
    public var endpoints: Endpoints?
    /// `cognito`: where its sign-in pages are, for signing out there.
    public var pages: String?
    /// Who may sign in; nil: whoever the provider lets in.
    public var allow: AllowRule?
    /// How soon somebody whom the provider has removed must be out.
    public var recheck: Duration

    public static let defaultRecheck: Duration = .seconds(900)

    public init(
        issuer: String? = nil,
        clientID: String,
        clientSecret: Secret,
        scopes: [String] = [],
        groupsClaim: String? = nil,
        nameClaim: String? = nil,
        endpoints: Endpoints? = nil,
        allow: AllowRule? = nil,
        recheck: Duration = RemoteProvider.defaultRecheck
    ) {
        self.issuer = issuer
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.scopes = scopes
        self.groupsClaim = groupsClaim
        self.nameClaim = nameClaim
        self.endpoints = endpoints
        self.allow = allow
        self.recheck = recheck
    }
}

/// Who may sign in at a provider: whoever one of the lists names.
public struct AllowRule: Hashable, Sendable {
    /// Provider-qualified: `company:data-science`.
    public var groups: Set<String>
    /// Addresses, in which `*` stands for any characters. Count for verified addresses only.
    public var emails: Set<String>
    /// What stands after the `@` of a verified address.
    public var domains: Set<String>

    public init(groups: Set<String> = [], emails: Set<String> = [], domains: Set<String> = []) {
        self.groups = groups
        self.emails = Set(emails.map { $0.lowercased() })
        self.domains = Set(domains.map { $0.lowercased() })
    }

    /// `groups`: provider-qualified.
    public func admits(_ identity: Identity, groups: Set<String>) -> Bool {
        if !self.groups.isDisjoint(with: groups) { return true }
        guard identity.emailIsVerified, let email = identity.email?.lowercased(), let at = email.lastIndex(of: "@")
        else { return false }
        return domains.contains(String(email[email.index(after: at)...]))
            || emails.contains { Self.matches(Array(email.utf8)[...], Array($0.utf8)[...]) }
    }

    private static func matches(_ text: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        var (text, pattern) = (text, pattern)
        var retry: (text: ArraySlice<UInt8>, pattern: ArraySlice<UInt8>)?
        while true {
            if pattern.first == UInt8(ascii: "*") {
                pattern = pattern.dropFirst()
                retry = (text, pattern)
            } else if let byte = text.first, byte == pattern.first {
                text = text.dropFirst()
                pattern = pattern.dropFirst()
            } else if text.isEmpty, pattern.isEmpty {
                return true
            } else if let last = retry, !last.text.isEmpty {
                // What the star stood for was too short by one.
                retry = (last.text.dropFirst(), last.pattern)
                (text, pattern) = (last.text.dropFirst(), last.pattern)
            } else {
                return false
            }
        }
    }
}
