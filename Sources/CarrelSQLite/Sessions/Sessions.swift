public import CarrelCore
import GRDB

extension SQLiteStore {
    public func addSession(_ session: Session, grant: ProviderGrant?, by actor: Actor) async throws {
        try await write { db in
            try translating(unique: CarrelError(.conflict, "There is such a session already.")) {
                try db.cachedStatement(
                    sql: """
                        INSERT INTO sessions (id, user, provider, created_at, expires_at, revoked_at)
                        VALUES (?, ?, ?, ?, ?, ?)
                        """
                ).execute(arguments: [
                    session.id.description, session.user.description, session.provider,
                    session.createdAt.milliseconds, session.expiresAt.milliseconds, session.revokedAt?.milliseconds,
                ])
            }
            if let grant { try Self.add(grant, of: session, db) }
            let entry = RecordEntry(
                at: session.createdAt,
                kind: "session.created",
                actor: actor,
                user: session.user,
                details: ["session": session.id.description, "provider": session.provider]
            )
            try Record.append(entry, db)
        }
    }

    public func session(_ id: SessionID) async throws -> Session? {
        try await read { db in try Self.session(id, db) }
    }

    public func revokeSession(_ id: SessionID, by actor: Actor, at now: Timestamp) async throws {
        try await write { db in
            guard let session = try Self.session(id, db), session.revokedAt == nil else { return }
            try Self.revoke(id, of: session.user, by: actor, at: now, db)
        }
    }

    public func revokeSessions(of user: UserID, by actor: Actor, at now: Timestamp) async throws -> Int {
        try await write { db in
            let select = try db.cachedStatement(
                sql: "SELECT id FROM sessions WHERE user = ? AND revoked_at IS NULL AND expires_at > ? ORDER BY id"
            )
            let ids = try String.fetchAll(select, arguments: [user.description, now.milliseconds])
                .compactMap { SessionID($0) }
            for id in ids { try Self.revoke(id, of: user, by: actor, at: now, db) }
            return ids.count
        }
    }

    public func revokedSessions(at now: Timestamp) async throws -> Set<SessionID> {
        try await read { db in
            let select = try db.cachedStatement(
                sql: "SELECT id FROM sessions WHERE revoked_at IS NOT NULL AND expires_at > ?"
            )
            return Set(try String.fetchAll(select, arguments: [now.milliseconds]).compactMap { SessionID($0) })
        }
    }

    private static func session(_ id: SessionID, _ db: Database) throws -> Session? {
        let select = try db.cachedStatement(
            sql: "SELECT user, provider, created_at, expires_at, revoked_at FROM sessions WHERE id = ?"
        )
        guard let row = try Row.fetchOne(select, arguments: [id.description]) else { return nil }
        let owner: String = row[0]
        guard let user = UserID(owner) else {
            throw CarrelError(.storeDamaged, "The record of this session can't be read.", detail: "session \(id)")
        }
        return Session(
            id: id,
            user: user,
            provider: row[1],
            createdAt: Timestamp(milliseconds: row[2]),
            expiresAt: Timestamp(milliseconds: row[3]),
            revokedAt: (row[4] as Int64?).map { Timestamp(milliseconds: $0) }
        )
    }

    private static func revoke(
        _ id: SessionID,
        of user: UserID,
        by actor: Actor,
        at now: Timestamp,
        _ db: Database
    ) throws {
        try db.cachedStatement(sql: "UPDATE sessions SET revoked_at = ? WHERE id = ?")
            .execute(arguments: [now.milliseconds, id.description])
        try removeGrant(of: id, db)
        let entry = RecordEntry(
            at: now,
            kind: "session.revoked",
            actor: actor,
            user: user,
            details: ["session": id.description]
        )
        try Record.append(entry, db)
    }
}
