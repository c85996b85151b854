public import CarrelCore

extension MemoryStore {
    public func addSession(_ session: Session, grant: ProviderGrant?, by actor: Actor) async throws {
        try transact("addSession") { content in
            guard content.sessions[session.id] == nil else {
                throw CarrelError(.conflict, "There is such a session already.")
            }
            try content.requireUser(session.user)
            content.sessions[session.id] = session
            content.grants[session.id] = grant
            let details = ["session": session.id.description]
            let at = session.createdAt
            content.append(
                RecordEntry(at: at, kind: "session.created", actor: actor, user: session.user, details: details)
            )
        }
    }

    public func session(_ id: SessionID) async throws -> Session? { try transact("session") { $0.sessions[id] } }

    public func revokeSession(_ id: SessionID, by actor: Actor, at now: Timestamp) async throws {
        try transact("revokeSession") { content in
            guard let session = content.sessions[id], session.revokedAt == nil else { return }
            content.sessions[id]?.revokedAt = now
            content.append(RecordEntry(at: now, kind: "session.revoked", actor: actor, user: session.user))
        }
    }

    public func revokeSessions(of user: UserID, by actor: Actor, at now: Timestamp) async throws -> Int {
        try transact("revokeSessions") { content in
            let open = content.sessions.values.filter { $0.user == user && $0.revokedAt == nil && $0.expiresAt > now }
            for session in open {
                content.sessions[session.id]?.revokedAt = now
                content.append(RecordEntry(at: now, kind: "session.revoked", actor: actor, user: user))
            }
            return open.count
        }
    }

    public func revokedSessions(at now: Timestamp) async throws -> Set<SessionID> {
        try transact("revokedSessions") { content in
            Set(content.sessions.values.filter { $0.revokedAt != nil && $0.expiresAt > now }.map(\.id))
        }
    }

    public func grant(of session: SessionID, at now: Timestamp) async throws -> ProviderGrant? {
        try transact("grant") { $0.livingGrants(at: now).first { $0.session == session } }
    }

    public func grants(provider: String, dueAt now: Timestamp, limit: Int) async throws -> [ProviderGrant] {
        try transact("grants") { content in
            Array(
                content.livingGrants(at: now).filter { $0.provider == provider && $0.checkAt <= now }
                    .sorted { $0.checkAt < $1.checkAt }.prefix(limit)
            )
        }
    }

    public func grants(provider: String, subject: String?, providerSession: String?, at now: Timestamp) async throws
        -> [ProviderGrant]
    {
        try transact("grants") { content in
            content.livingGrants(at: now).filter { $0.isNamed(provider, subject, providerSession) }
        }
    }

    public func updateGrant(of session: SessionID, sealed: String, checkAt: Timestamp) async throws {
        try transact("updateGrant") { content in
            content.grants[session]?.sealed = sealed
            content.grants[session]?.checkAt = checkAt
        }
    }

    public func addToken(_ token: APIToken, by actor: Actor) async throws {
        try transact("addToken") { content in
            guard !content.tokens.contains(where: { $0.id == token.id || $0.digest == token.digest }) else {
                throw CarrelError(.conflict, "There is such a token already.")
            }
            if let user = token.user { try content.requireUser(user) }
            content.tokens.append(token)
            let details = ["token": token.id.description]
            content.append(
                RecordEntry(
                    at: token.createdAt,
                    kind: "token.added",
                    actor: actor,
                    user: token.user,
                    details: details
                )
            )
        }
    }

    public func tokens() async throws -> [APIToken] { try transact("tokens") { $0.tokens } }

    public func revokeToken(_ id: TokenID, by actor: Actor, at now: Timestamp) async throws {
        try transact("revokeToken") { content in
            guard let index = content.tokens.firstIndex(where: { $0.id == id }) else {
                throw CarrelError(.notFound, "There is no such token.")
            }
            guard content.tokens[index].revokedAt == nil else { return }
            content.tokens[index].revokedAt = now
            content.append(RecordEntry(at: now, kind: "token.revoked", actor: actor, details: ["token": "\(id)"]))
        }
    }

    public func addTicket(_ ticket: LaunchTicket, by actor: Actor, at now: Timestamp) async throws {
        try transact("addTicket") { content in
            try content.requireUser(ticket.user)
            content.tickets[ticket.digest] = ticket
            content.append(RecordEntry(at: now, kind: "ticket.created", actor: actor, user: ticket.user))
        }
    }

    public func useTicket(digest: String, at now: Timestamp) async throws -> LaunchTicket? {
        try transact("useTicket") { content in
            guard let ticket = content.tickets.removeValue(forKey: digest), ticket.expiresAt > now else { return nil }
            content.append(RecordEntry(at: now, kind: "ticket.used", actor: .user(ticket.user), user: ticket.user))
            return ticket
        }
    }
}

extension MemoryStore.Memory.Content {
    func livingGrants(at now: Timestamp) -> [ProviderGrant] {
        grants.values.filter { grant in
            sessions[grant.session].map { $0.revokedAt == nil && $0.expiresAt > now } ?? false
        }
    }
}

extension ProviderGrant {
    /// As `SessionStore.grants(provider:subject:providerSession:at:)` asks.
    func isNamed(_ provider: String, _ subject: String?, _ providerSession: String?) -> Bool {
        guard self.provider == provider, subject != nil || providerSession != nil else { return false }
        return (subject == nil || self.subject == subject)
            && (providerSession == nil || self.providerSession == providerSession)
    }
}
