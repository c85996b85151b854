public import CarrelCore

/// What sign-in needs from the configuration. Replaced whole by a reload.
public struct SignInRules: Sendable {
    public struct Provider: Hashable, Sendable {
        public var id: String
        /// `local`, or one that `remote` belongs to.
        public var kind: String
        public var title: String
        /// Nil: accounts of our own.
        public var remote: RemoteProvider?

        public init(id: String, kind: String, title: String, remote: RemoteProvider? = nil) {
            self.id = id
            self.kind = kind
            self.title = title
            self.remote = remote
        }
    }

    public var sessionLifetime: Duration
    public var providers: [Provider]
    /// `sign-in.operators`: `u-…`, `provider:name`; `provider:group`.
    public var operators: AccessRule
    /// `pool-service.provider`: its members are made on the word of a program that asks for their workspace.
    public var poolProvider: String?
    /// Who may use which app, of the apps that are not for everybody.
    public var apps: [AppID: AccessRule]

    public init(
        sessionLifetime: Duration,
        providers: [Provider],
        operators: AccessRule,
        poolProvider: String? = nil,
        apps: [AppID: AccessRule] = [:]
    ) {
        self.sessionLifetime = sessionLifetime
        self.providers = providers
        self.operators = operators
        self.poolProvider = poolProvider
        self.apps = apps
    }
}

/// What a request brings to prove who sends it.
public enum PresentedCredential: Hashable, Sendable {
    /// The value of the session cookie.
    case cookie(String)
    /// What follows `Authorization: Bearer `.
    case bearer(String)
    /// The value of a cookie on a workspace's own name.
    case workspaceCookie(String)
}

/// Sign-in, sessions, tokens and permissions, for pages, API, gateway and command line.
public protocol SignInService: Sendable {
    /// Who this is, without asking the store: signature, expiry and what is known to be revoked. Nil: nobody.
    /// Called by the gateway's event loops on a cache miss and by the hub for every request.
    func authorize(_ credential: PresentedCredential) -> Principal?
    /// The same, but a token that is not known yet is looked for in the store, so that one works as soon as the
    /// command line has printed it. At most a hundred times a second; in between it is as `authorize`.
    func authorizeAfresh(_ credential: PresentedCredential) async -> Principal?

    /// Checks name and password (scrypt, off the event loops). Throws `unauthenticated` with one sentence for every
    /// reason, `tooManyRequests` after too many failures for this name or `client` (an address).
    func signIn(provider: String, name: String, password: String, client: String) async throws -> SignedIn
    /// A session from a link that works once. `unauthenticated` if it is unknown, used or expired.
    func signIn(ticket: String) async throws -> (SignedIn, path: String)
    /// A link's secret part; the caller makes the address.
    func makeTicket(for user: UserID, path: String, lifetime: Duration, by: Actor) async throws -> String
    func signOut(_ session: SessionID, by: Actor) async throws

    /// A ticket that carries a session over to a workspace's own name: good once, for 30 seconds, there, and in the
    /// browser that `browser` is the mark of (`BrowserMark.digest`). `path` is where it leads below the workspace's.
    /// Whether the member may enter is the caller's to ask. Throws `unauthenticated` if the session has ended.
    func makeEntry(_ session: SessionID, workspace: WorkspaceID, path: String, browser: String) async throws -> String
    /// Uses it up, whatever comes of it.
    func useEntry(_ ticket: String, workspace: WorkspaceID, browser: String) -> Entry
    /// Where to send a browser that signs in at another provider. `callback` is our own address to which it comes back;
    /// `next` where it leads then, a path; `browser` a random value that only this browser holds, in a cookie.
    /// Throws `notFound` without such a provider, `providerFailed` where it does not answer.
    func begin(at provider: String, callback: String, next: String?, browser: String) async throws -> String
    /// A session for whoever comes back, once. Throws `unauthenticated` for an answer that is not good, or not for this
    /// browser; `forbidden` for somebody who may not use this server; `providerFailed`.
    func finish(at provider: String, _ answer: AuthorizationAnswer, callback: String, browser: String?) async throws
        -> (SignedIn, next: String?)
    /// Where to send a browser after `signOut`, to sign out at the provider as well. Ask before signing out. Nil where
    /// there is no such place.
    func signOutAddress(of session: SessionID, back: String) async -> String?
    /// The provider says that somebody signed out there (OpenID Connect Back-Channel Logout). Throws `invalid` for a
    /// token that is not good.
    func signedOut(at provider: String, token: String) async throws
    /// Whether a provider answered when it was asked last; nil: it was not asked lately, or is no other's.
    func answers(_ provider: String) async -> Bool?

    /// A token to send back with every state-changing request: bound to the session (or, before signing in, to the
    /// random value of a cookie), and good as long as that.
    func csrfToken(for binding: String) -> String
    func isCSRFToken(_ token: String, for binding: String) -> Bool

    /// The secret is returned once and stored hashed.
    func makeToken(scopes: Set<Scope>, user: UserID?, lifetime: Duration, by: Actor) async throws
        -> (token: APIToken, secret: String)

    func isOperator(_ user: User) -> Bool
    var rules: SignInRules { get }

    /// The member that `u-…` or `provider:name` names; made, where `create`, if the provider is a local one or
    /// `poolProvider`. Nil if there is none.
    func user(named: String, create: Bool, by: Actor) async throws -> User?
    func user(_ id: UserID) async throws -> User?
}

/// A new session, and what to set as the cookie's value.
public struct SignedIn: Sendable {
    public var user: User
    public var session: Session
    public var cookie: String

    public init(user: User, session: Session, cookie: String) {
        self.user = user
        self.session = session
        self.cookie = cookie
    }
}
