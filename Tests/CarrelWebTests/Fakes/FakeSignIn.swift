import CarrelCore
import CarrelIdentity
import Synchronization

/// Sign-in over members in memory. A cookie is `c-` and the session's id, a token's secret is what `tokens` says.
final class FakeSignIn: SignInService {
    struct State {
        var users: [User] = []
        var passwords: [String: String] = [:]
        var sessions: [String: Session] = [:]
        var tokens: [String: Principal] = [:]
        var tickets: [String: (UserID, String)] = [:]
        /// What `makeEntry` was asked, by the ticket.
        var entries: [String: EntryAsked] = [:]
        /// Cookies on workspaces' own names.
        var inside: [String: Principal] = [:]
        var refuses: CarrelError?
        var isDown = false
        var endsElsewhere = false
        /// What was brought back from the provider, with the cookie.
        var answers: [(AuthorizationAnswer, callback: String, browser: String?)] = []
        var loggedOut: [String] = []
        var made = 0
    }

    struct EntryAsked {
        let session: SessionID
        let workspace: WorkspaceID
        let path: String
        let browser: String
    }

    let state = Mutex(State())
    let rules = SignInRules(
        sessionLifetime: .seconds(3600),
        providers: [
            SignInRules.Provider(id: "here", kind: "local", title: "This house"),
            SignInRules.Provider(id: "company", kind: "oidc", title: "Company account"),
        ],
        operators: AccessRule()
    )
    let clock: any WallClock

    init(clock: any WallClock) { self.clock = clock }

    @discardableResult
    func add(_ name: String, isOperator: Bool = false, isDisabled: Bool = false, provider: String = "here") -> User {
        state.withLock { state in
            var random = SystemRandomNumberGenerator()
            let user = User(
                id: UserID(from: &random),
                name: name,
                identities: [Identity(provider: provider, subject: name, name: name)],
                isOperator: isOperator,
                isDisabled: isDisabled,
                storageUID: 70_000 + UInt32(state.users.count),
                createdAt: clock.now()
            )
            state.users.append(user)
            state.passwords[name] = "open sesame"
            return user
        }
    }

    func session(for user: User) -> SignedIn {
        state.withLock { state in
            var random = SystemRandomNumberGenerator()
            let session = Session(
                id: SessionID(from: &random),
                user: user.id,
                provider: "here",
                createdAt: clock.now(),
                expiresAt: clock.now() + .seconds(3600)
            )
            state.sessions["c-\(session.id)"] = session
            return SignedIn(user: user, session: session, cookie: "c-\(session.id)")
        }
    }

    func token(_ scopes: Set<Scope>, user: UserID? = nil) -> String {
        state.withLock { state in
            var random = SystemRandomNumberGenerator()
            let id = TokenID(from: &random)
            state.tokens["secret-\(id)"] = Principal(
                user: user,
                credential: .token(id, scopes),
                expiresAt: clock.now() + .seconds(3600)
            )
            return "secret-\(id)"
        }
    }

    func change(_ id: UserID, _ change: @escaping (inout User) -> Void) {
        state.withLock { state in
            for index in state.users.indices where state.users[index].id == id { change(&state.users[index]) }
        }
    }

    var everybody: [User] { state.withLock { $0.users } }
    func refuse(_ error: CarrelError) { state.withLock { $0.refuses = error } }
    var openTickets: Int { state.withLock { $0.tickets.count } }

    func authorizeAfresh(_ credential: PresentedCredential) async -> Principal? { authorize(credential) }

    func authorize(_ credential: PresentedCredential) -> Principal? {
        state.withLock { state in
            switch credential {
            case .cookie(let value):
                state.sessions[value].map {
                    Principal(user: $0.user, credential: .session($0.id), expiresAt: $0.expiresAt)
                }
            case .bearer(let secret): state.tokens[secret]
            case .workspaceCookie(let value): state.inside[value]
            }
        }
    }

    func signIn(provider: String, name: String, password: String, client: String) async throws -> SignedIn {
        if let refusal = state.withLock({ $0.refuses }) { throw refusal }
        guard let user = state.withLock({ state in state.users.first { $0.name == name } }),
            state.withLock({ $0.passwords[name] }) == password, provider == "here"
        else { throw CarrelError(.unauthenticated, "Name or password is wrong.") }
        return session(for: user)
    }

    func signIn(ticket: String) async throws -> (SignedIn, path: String) {
        guard let (id, path) = state.withLock({ $0.tickets.removeValue(forKey: ticket) }),
            let user = try await user(id)
        else { throw CarrelError(.unauthenticated, "This link is unknown, was used already or has expired.") }
        return (session(for: user), path)
    }

    func makeTicket(for user: UserID, path: String, lifetime: Duration, by: Actor) async throws -> String {
        try state.withLock { state in
            if case .token = by, state.users.contains(where: { $0.id == user && $0.isOperator }) {
                throw CarrelError(.forbidden, "Only an operator can make a sign-in link for an operator.")
            }
            state.made += 1
            state.tickets["ticket\(state.made)"] = (user, path)
            return "ticket\(state.made)"
        }
    }

    func makeEntry(_ session: SessionID, workspace: WorkspaceID, path: String, browser: String) async throws -> String {
        state.withLock { state in
            state.made += 1
            state.entries["entry\(state.made)"] = .init(
                session: session,
                workspace: workspace,
                path: path,
                browser: browser
            )
            return "entry\(state.made)"
        }
    }

    func useEntry(_ ticket: String, workspace: WorkspaceID, browser: String) -> Entry {
        state.withLock { state in
            guard let entry = state.entries.removeValue(forKey: ticket), entry.workspace == workspace,
                let session = state.sessions["c-\(entry.session)"]
            else { return .refused }
            guard entry.browser == browser else { return .elsewhere(path: entry.path) }
            state.inside["in-\(workspace)"] = Principal(
                user: session.user,
                credential: .session(session.id),
                expiresAt: session.expiresAt,
                workspace: workspace
            )
            return .admitted(cookie: "in-\(workspace)", expires: session.expiresAt, path: entry.path)
        }
    }

    func signOut(_ session: SessionID, by: Actor) async throws {
        state.withLock { $0.sessions["c-\(session)"] = nil }
    }

    func begin(at provider: String, callback: String, next: String?, browser: String) async throws -> String {
        if let refusal = state.withLock({ $0.refuses }) { throw refusal }
        return "https://id.example.org/authorize?redirect_uri=\(callback)&next=\(next ?? "")&browser=\(browser)"
    }

    /// A code that is a member's name signs them in; the state is where it leads.
    func finish(at provider: String, _ answer: AuthorizationAnswer, callback: String, browser: String?) async throws
        -> (SignedIn, next: String?)
    {
        state.withLock { $0.answers.append((answer, callback, browser)) }
        if let refusal = state.withLock({ $0.refuses }) { throw refusal }
        guard let user = state.withLock({ state in state.users.first { $0.name == answer.code } }), browser != nil
        else {
            throw CarrelError(.unauthenticated, "This sign-in was not begun in this browser.", detail: "the cause")
        }
        return (session(for: user), answer.state)
    }

    func signOutAddress(of session: SessionID, back: String) async -> String? {
        state.withLock { $0.endsElsewhere } ? "https://id.example.org/end?back=\(back)" : nil
    }

    func signedOut(at provider: String, token: String) async throws {
        guard token == "good" else { throw CarrelError(.invalid, "This is no logout token for this server.") }
        state.withLock { $0.loggedOut.append(provider) }
    }

    func answers(_ provider: String) async -> Bool? { state.withLock { $0.isDown } ? false : nil }

    func csrfToken(for binding: String) -> String { "csrf-of-" + binding }
    func isCSRFToken(_ token: String, for binding: String) -> Bool { token == csrfToken(for: binding) }

    func makeToken(scopes: Set<Scope>, user: UserID?, lifetime: Duration, by: Actor) async throws
        -> (token: APIToken, secret: String)
    { throw CarrelError(.internal, "No page makes tokens.") }

    func isOperator(_ user: User) -> Bool { user.isOperator }

    func user(named: String, create: Bool, by: Actor) async throws -> User? {
        if let user = state.withLock({ state in state.users.first { $0.isNamed(named) } }) { return user }
        let parts = named.split(separator: ":")
        guard create, parts.count == 2, parts[0] == "here" || parts[0] == "school" else { return nil }
        return add(String(parts[1]), provider: String(parts[0]))
    }

    func user(_ id: UserID) async throws -> User? { state.withLock { state in state.users.first { $0.id == id } } }
}
