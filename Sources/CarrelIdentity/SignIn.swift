public import CarrelCore
public import Logging
import Synchronization

/// Sign-in, sessions, tokens and permissions over a store of members and sessions.
///
/// `refresh` must have succeeded once before anybody is let in: until then it is not known who was signed out.
public final class SignIn: SignInService {
    let store: any UserStore & SessionStore
    let keys: SigningKeys
    let clock: any WallClock
    let hasher: PasswordHasher
    let logger: Logger
    let shared: Shared
    /// What cookies are signed for: one listener of one deployment.
    let audience: String
    let deployment: String

    /// What the listeners of one process have in common.
    final class Shared: Sendable {
        let known = KnownCredentials()
        let limiter = Mutex(FailureLimiter())
        let entries = Mutex(EntryTickets())
        let rules: Mutex<SignInRules>
        let random: Randomness
        let providers: Providers
        let finished = Mutex(FinishedFlows())
        /// Logout tokens that were used, by provider and `jti`.
        let logouts = Mutex(FinishedFlows(capacity: 20_000))
        /// When the store was last asked for an unknown token.
        let lastAsked = Mutex(Timestamp(milliseconds: 0))

        init(rules: SignInRules, random: Randomness, providers: Providers) {
            self.rules = Mutex(rules)
            self.random = random
            self.providers = providers
            providers.apply(rules.providers)
        }
    }

    /// `deployment` and `listener` are what session cookies are good for: a cookie of another is refused. `random`
    /// must be secure outside of tests. `http` is the way to other providers; without it nobody signs in at one.
    public init(
        store: any UserStore & SessionStore,
        rules: SignInRules,
        keys: SigningKeys,
        deployment: String,
        listener: String,
        clock: any WallClock = SystemClock(),
        random: some RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
        hasher: PasswordHasher = PasswordHasher(),
        http: any ProviderHTTP = NoProviderHTTP(),
        logger: Logger
    ) {
        self.store = store
        self.keys = keys
        self.clock = clock
        self.hasher = hasher
        self.logger = logger
        self.deployment = deployment
        shared = Shared(rules: rules, random: Randomness(random), providers: Providers(http: http, clock: clock))
        audience = "\(deployment)\n\(listener)"
    }

    private init(_ other: SignIn, listener: String) {
        store = other.store
        keys = other.keys
        clock = other.clock
        hasher = other.hasher
        logger = other.logger
        shared = other.shared
        deployment = other.deployment
        audience = "\(other.deployment)\n\(listener)"
    }

    /// The same service for another listener: everything is shared but what its cookies are good for.
    public func listening(as listener: String) -> SignIn { SignIn(self, listener: listener) }

    public var rules: SignInRules { shared.rules.withLock { $0 } }

    /// Replaces the rules after a reload. A shorter session lifetime counts for the sessions that exist, too.
    public func apply(_ rules: SignInRules) {
        shared.rules.withLock { $0 = rules }
        shared.providers.apply(rules.providers)
        shared.known.announce()
    }

    public func authorize(_ credential: PresentedCredential) -> Principal? {
        guard let known = shared.known.snapshot else { return nil }
        switch credential {
        case .cookie(let text):
            guard let cookie = SessionCookie.verified(text, for: audience, with: keys.cookies) else { return nil }
            let rules = rules
            let expires = min(cookie.expires, cookie.issued + rules.sessionLifetime)
            guard expires > clock.now(), !known.revoked.contains(cookie.session),
                let closed = known.closedApps(to: cookie.user, rules)
            else { return nil }
            return Principal(
                user: cookie.user,
                credential: .session(cookie.session),
                expiresAt: expires,
                closedApps: closed
            )
        case .workspaceCookie(let text):
            guard let cookie = WorkspaceCookie.verified(text, for: deployment, with: keys.workspaces) else {
                return nil
            }
            let rules = rules
            let expires = min(cookie.expires, cookie.issued + rules.sessionLifetime)
            guard expires > clock.now(), !known.revoked.contains(cookie.session),
                let closed = known.closedApps(to: cookie.user, rules)
            else { return nil }
            return Principal(
                user: cookie.user,
                credential: .session(cookie.session),
                expiresAt: expires,
                workspace: cookie.workspace,
                closedApps: closed
            )
        case .bearer(let secret):
            guard TokenSecret.hasShape(secret), let token = known.tokens[SecretDigest.of(secret)],
                token.expiresAt > clock.now()
            else { return nil }
            var closed: Set<AppID> = []
            if let user = token.user {
                guard let apps = known.closedApps(to: user, rules) else { return nil }
                closed = apps
            }
            return Principal(
                user: token.user,
                credential: .token(token.id, token.scopes),
                expiresAt: token.expiresAt,
                closedApps: closed
            )
        }
    }

    public func authorizeAfresh(_ credential: PresentedCredential) async -> Principal? {
        if let principal = authorize(credential) { return principal }
        guard case .bearer(let secret) = credential, TokenSecret.hasShape(secret) else { return nil }
        let now = clock.now()
        let mayAsk = shared.lastAsked.withLock { last in
            guard now - last >= .milliseconds(10) else { return false }
            last = now
            return true
        }
        guard mayAsk, (try? await refresh()) != nil else { return nil }
        return authorize(credential)
    }

    /// Takes over from the store what other processes changed. When it returns, everything that was in the store when
    /// it was called counts. On a throw the last state stays in force.
    public func refresh() async throws {
        while true {
            let load = shared.known.beginLoad()
            let now = clock.now()
            let revoked = try await store.revokedSessions(at: now)
            let users = try await store.users()
            let tokens = try await store.tokens().filter { $0.revokedAt == nil && $0.expiresAt > now }
            let snapshot = KnownCredentials.Snapshot(
                revoked: revoked,
                disabled: Set(users.lazy.filter(\.isDisabled).map(\.id)),
                members: Dictionary(users.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first }),
                tokens: Dictionary(tokens.map { ($0.digest, $0) }, uniquingKeysWith: { first, _ in first })
            )
            if shared.known.install(snapshot, load: load) { return }
        }
    }

    /// Called after who may enter has changed: forget what was cached. Must not block.
    public func onChange(_ observer: @escaping @Sendable () -> Void) { shared.known.observe(observer) }

    /// Refreshes after each change until the stream ends or the task is cancelled. A store that fails is asked again
    /// after a second, for as long as it takes.
    public func follow(_ changes: AsyncStream<Void>) async throws {
        for await _ in changes {
            while true {
                do {
                    try await refresh()
                    break
                } catch let error as CancellationError {
                    throw error
                } catch {
                    logger.error("sessions and tokens could not be read again", metadata: ["error": "\(error)"])
                    try await clock.sleep(until: clock.now() + .seconds(1))
                }
            }
        }
    }

    public func csrfToken(for binding: String) -> String {
        CSRFTokens(key: keys.csrf).masked(for: binding, mask: shared.random.bytes(32))
    }

    public func isCSRFToken(_ token: String, for binding: String) -> Bool {
        CSRFTokens(key: keys.csrf).accepts(token, for: binding)
    }

    /// A random value for the cookie `CookieNames.visitor`.
    public func makeVisitorValue() -> String { shared.random.secret() }

    public func isOperator(_ user: User) -> Bool {
        rules.isOperator(user)
    }
}
