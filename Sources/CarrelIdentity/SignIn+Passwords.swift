public import CarrelCore
import Logging
import Synchronization

extension SignIn {
    /// Takes the same time for an account that exists and one that doesn't: a password is always hashed.
    public func signIn(provider: String, name: String, password: String, client: String) async throws -> SignedIn {
        let account = AccountName(typed: name)
        let key = account.map { "\(provider):\($0)" }
        let client = ClientAddress.key(client)
        let begun = clock.now()
        if let wait = shared.limiter.withLock({ $0.begin(account: key, client: client, at: begun) }) {
            logger.notice("sign-in refused: too many failures", metadata: ["client": "\(client)"])
            throw CarrelError(.tooManyRequests, "Too many attempts. Try again in \(max(wait, .seconds(1)).forPeople).")
        }
        let user: User?
        do {
            user = try await check(provider: provider, account: account, password: password)
        } catch {
            // The store failed, the line was full, the browser went away: nobody guessed wrong.
            shared.limiter.withLock { $0.withdraw(account: key, client: client, begun: begun) }
            throw error
        }
        guard let user, let key else {
            logger.notice(
                "sign-in failed",
                metadata: ["account": "\(account.map { "\($0)" } ?? "none that could exist")", "client": "\(client)"]
            )
            throw CarrelError(.unauthenticated, "The name or the password is wrong.")
        }
        let now = clock.now()
        shared.limiter.withLock { $0.succeeded(account: key, client: client, begun: begun, at: now) }
        return try await newSession(for: user, provider: provider)
    }

    /// The member, if the password is theirs.
    private func check(provider: String, account: AccountName?, password: String) async throws -> User? {
        let isLocal = rules.providers.contains { $0.id == provider && $0.kind == "local" }
        var stored: String?
        if isLocal, let account { stored = try await store.passwordHash(provider: provider, name: "\(account)") }
        let hash = stored.flatMap { PasswordHash($0) }
        if stored != nil, hash == nil {
            logger.error(
                "a stored password can't be read: set it anew",
                metadata: ["account": "\(account.map { "\($0)" } ?? "")"]
            )
        }
        let typed = PasswordRules.normalized(password)
        guard let hash, let typed else {
            _ = try await hasher.hash(typed ?? [0], salt: [UInt8](repeating: 0, count: PasswordHash.saltLength))
            return nil
        }
        guard try await hasher.matches(typed, hash), let account,
            let user = try await store.user(provider: provider, subject: "\(account)"), !user.isDisabled
        else { return nil }
        if hash.cost != hasher.cost { await renew(hash, typed, provider: provider, account: account) }
        return user
    }

    /// Brings the stored hash to today's cost. Not worth failing a sign-in for.
    private func renew(_ old: PasswordHash, _ password: [UInt8], provider: String, account: AccountName) async {
        do {
            let salt = shared.random.bytes(PasswordHash.saltLength)
            let new = try await hasher.hash(password, salt: salt)
            // Somebody may have set another password meanwhile.
            guard try await store.passwordHash(provider: provider, name: "\(account)") == "\(old)" else { return }
            try await store.setPasswordHash(
                "\(new)",
                provider: provider,
                name: "\(account)",
                by: .hub,
                at: clock.now()
            )
        } catch {
            logger.warning("a password's hash was not renewed", metadata: ["error": "\(error)"])
        }
    }

    func newSession(for user: User, provider: String) async throws -> SignedIn {
        try await newSession(for: user, provider: provider) { _ in nil }
    }

    /// `grant`: what ties the session to the provider that vouched.
    func newSession(
        for user: User,
        provider: String,
        grant: (Session) throws -> ProviderGrant?
    ) async throws -> SignedIn {
        let now = clock.now()
        let session = Session(
            id: shared.random.sessionID(),
            user: user.id,
            provider: provider,
            createdAt: now,
            expiresAt: now + rules.sessionLifetime
        )
        try await store.addSession(session, grant: grant(session), by: .user(user.id))
        know(user)
        logger.info("signed in", metadata: ["user": "\(user.id)", "session": "\(session.id)"])
        let cookie = SessionCookie(session: session.id, user: user.id, issued: now, expires: session.expiresAt)
        return SignedIn(user: user, session: session, cookie: cookie.signed(for: audience, with: keys.cookies))
    }

    public func signOut(_ session: SessionID, by: Actor) async throws {
        try await store.revokeSession(session, by: by, at: clock.now())
        shared.known.patch { $0.revoked.insert(session) }
        logger.info("signed out", metadata: ["session": "\(session)", "by": "\(by.description)"])
    }
}
