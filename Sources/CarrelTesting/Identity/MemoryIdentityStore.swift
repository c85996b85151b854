public import CarrelCore
import Synchronization

/// Members, sessions, tokens and tickets in memory, as the documentation of `UserStore` and `SessionStore` says.
/// Fails when it is told to, and refuses what no caller should do: two sessions of one id, a digest that is none.
public final class MemoryIdentityStore: UserStore, SessionStore {
    /// A call that the code under test should never have made.
    public struct Misuse: Error, Hashable { public let call: String }

    fileprivate struct State {
        var users: [UserID: User] = [:]
        var order: [UserID] = []
        /// By `provider:name`.
        var hashes: [String: String] = [:]
        var sessions: [SessionID: Session] = [:]
        var grants: [SessionID: ProviderGrant] = [:]
        var tokens: [TokenID: APIToken] = [:]
        var tickets: [String: LaunchTicket] = [:]
        var random = SeededRandom(seed: 7)
        var failure: CarrelError?
        var duringRead: (@Sendable () async -> Void)?
    }

    private let state = Mutex(State())

    public init() {}

    /// Every further call throws this; nil: works again.
    public func fail(with error: CarrelError?) { state.withLock { $0.failure = error } }

    /// Runs once inside the next `tokens()`, after its answer was read: for races.
    public func duringNextRead(_ body: @escaping @Sendable () async -> Void) {
        state.withLock { $0.duringRead = body }
    }

    private func with<Value>(_ body: (inout State) throws -> Value) throws -> Value {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            return try body(&state)
        }
    }

    // MARK: Members

    public func user(_ id: UserID) async throws -> User? { try with { $0.users[id] } }

    public func user(provider: String, subject: String) async throws -> User? {
        try with { $0.find(provider, subject) }
    }

    public func users() async throws -> [User] { try with { state in state.order.compactMap { state.users[$0] } } }

    public func ensureUser(
        _ identity: Identity,
        displayName: String?,
        groups: Set<String>?,
        by: Actor,
        at: Timestamp
    ) async throws -> User {
        try with { state in
            var user = state.find(identity.provider, identity.subject) ?? state.makeUser(identity, at: at)
            if let displayName { user.name = displayName }
            if let groups {
                user.groups = user.groups.filter { !$0.hasPrefix(identity.provider + ":") }.union(groups)
            }
            user.identities = user.identities.map { $0.provider == identity.provider ? identity : $0 }
            state.users[user.id] = user
            return user
        }
    }

    public func addLocalAccount(_ new: NewLocalAccount, by: Actor, at: Timestamp) async throws -> User {
        try with { state in
            guard state.find(new.provider, new.name) == nil else {
                throw CarrelError(.conflict, "There is an account with this name already.")
            }
            let identity = Identity(provider: new.provider, subject: new.name, name: new.name)
            var user = state.makeUser(identity, at: at)
            user.groups = new.groups
            user.isOperator = new.isOperator
            state.users[user.id] = user
            state.hashes["\(new.provider):\(new.name)"] = new.passwordHash
            return user
        }
    }

    public func passwordHash(provider: String, name: String) async throws -> String? {
        try with { $0.hashes["\(provider):\(name)"] }
    }

    public func setPasswordHash(_ hash: String, provider: String, name: String, by: Actor, at: Timestamp) async throws {
        try with { state in
            guard state.find(provider, name) != nil else { throw CarrelError(.notFound, "There is no such account.") }
            state.hashes["\(provider):\(name)"] = hash
        }
    }

    public func changeUser(
        _ id: UserID,
        groups: Set<String>?,
        isOperator: Bool?,
        isDisabled: Bool?,
        by: Actor,
        at: Timestamp
    ) async throws -> User {
        try with { state in
            guard var user = state.users[id] else { throw CarrelError(.notFound, "There is no such member.") }
            user.groups = groups ?? user.groups
            user.isOperator = isOperator ?? user.isOperator
            user.isDisabled = isDisabled ?? user.isDisabled
            state.users[id] = user
            return user
        }
    }

    // MARK: Sessions

    public func addSession(_ session: Session, grant: ProviderGrant?, by: Actor) async throws {
        try with { state in
            guard state.sessions[session.id] == nil, state.users[session.user] != nil else {
                throw Misuse(call: "addSession \(session.id)")
            }
            state.sessions[session.id] = session
            state.grants[session.id] = grant
        }
    }

    public func session(_ id: SessionID) async throws -> Session? { try with { $0.sessions[id] } }

    public func revokeSession(_ id: SessionID, by: Actor, at: Timestamp) async throws {
        try with { state in
            guard var session = state.sessions[id] else { return }
            session.revokedAt = session.revokedAt ?? at
            state.sessions[id] = session
        }
    }

    public func revokeSessions(of user: UserID, by: Actor, at: Timestamp) async throws -> Int {
        try with { state in
            let living = state.sessions.values.filter { $0.user == user && $0.revokedAt == nil && $0.expiresAt > at }
            for session in living { state.sessions[session.id]?.revokedAt = at }
            return living.count
        }
    }

    public func revokedSessions(at: Timestamp) async throws -> Set<SessionID> {
        try with { state in
            Set(state.sessions.values.filter { $0.revokedAt != nil && $0.expiresAt > at }.map(\.id))
        }
    }

    // MARK: Grants

    public func grant(of session: SessionID, at now: Timestamp) async throws -> ProviderGrant? {
        try with { $0.livingGrants(at: now).first { $0.session == session } }
    }

    public func grants(provider: String, dueAt now: Timestamp, limit: Int) async throws -> [ProviderGrant] {
        try with { state in
            Array(
                state.livingGrants(at: now).filter { $0.provider == provider && $0.checkAt <= now }
                    .sorted { $0.checkAt < $1.checkAt }.prefix(limit)
            )
        }
    }

    public func grants(provider: String, subject: String?, providerSession: String?, at now: Timestamp) async throws
        -> [ProviderGrant]
    {
        try with { state in
            state.livingGrants(at: now).filter { $0.isNamed(provider, subject, providerSession) }
        }
    }

    public func updateGrant(of session: SessionID, sealed: String, checkAt: Timestamp) async throws {
        try with { state in
            state.grants[session]?.sealed = sealed
            state.grants[session]?.checkAt = checkAt
        }
    }

    // MARK: Tokens and tickets

    public func addToken(_ token: APIToken, by: Actor) async throws {
        try with { state in
            guard state.tokens[token.id] == nil, Self.isDigest(token.digest) else { throw Misuse(call: "addToken") }
            state.tokens[token.id] = token
        }
    }

    public func tokens() async throws -> [APIToken] {
        let (tokens, pause) = try with { state in
            let pause = state.duringRead
            state.duringRead = nil
            return (Array(state.tokens.values), pause)
        }
        await pause?()
        return tokens
    }

    public func revokeToken(_ id: TokenID, by: Actor, at: Timestamp) async throws {
        try with { state in
            guard var token = state.tokens[id] else { throw CarrelError(.notFound, "There is no such token.") }
            token.revokedAt = token.revokedAt ?? at
            state.tokens[id] = token
        }
    }

    public func addTicket(_ ticket: LaunchTicket, by: Actor, at: Timestamp) async throws {
        try with { state in
            guard state.tickets[ticket.digest] == nil, Self.isDigest(ticket.digest) else {
                throw Misuse(call: "addTicket")
            }
            state.tickets[ticket.digest] = ticket
        }
    }

    public func useTicket(digest: String, at: Timestamp) async throws -> LaunchTicket? {
        try with { state in
            guard let ticket = state.tickets.removeValue(forKey: digest), ticket.expiresAt > at else { return nil }
            return ticket
        }
    }

    private static func isDigest(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }
}

extension MemoryIdentityStore.State {
    fileprivate func livingGrants(at now: Timestamp) -> [ProviderGrant] {
        grants.values.filter { grant in
            sessions[grant.session].map { $0.revokedAt == nil && $0.expiresAt > now } ?? false
        }
    }

    fileprivate func find(_ provider: String, _ subject: String) -> User? {
        users.values.first { $0.identities.contains { $0.provider == provider && $0.subject == subject } }
    }

    fileprivate mutating func makeUser(_ identity: Identity, at: Timestamp) -> User {
        let user = User(
            id: UserID(from: &random),
            name: identity.name,
            identities: [identity],
            storageUID: 70_000 + UInt32(order.count),
            createdAt: at
        )
        users[user.id] = user
        order.append(user.id)
        return user
    }
}
