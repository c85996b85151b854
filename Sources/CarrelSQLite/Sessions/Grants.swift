public import CarrelCore
import GRDB

extension SQLiteStore {
    private static let columns = "session, user, provider, subject, provider_session, sealed, check_at"

    public func grant(of session: SessionID, at now: Timestamp) async throws -> ProviderGrant? {
        try await read { db in
            let select = try db.cachedStatement(
                sql: "SELECT \(Self.columns) FROM provider_grants WHERE session = ? AND expires_at > ?"
            )
            return try Row.fetchOne(select, arguments: [session.description, now.milliseconds]).flatMap(Self.grant)
        }
    }

    public func grants(provider: String, dueAt now: Timestamp, limit: Int) async throws -> [ProviderGrant] {
        try await read { db in
            let select = try db.cachedStatement(
                sql: """
                    SELECT \(Self.columns) FROM provider_grants WHERE provider = ? AND check_at <= ? AND expires_at > ?
                    ORDER BY check_at LIMIT ?
                    """
            )
            let arguments: StatementArguments = [provider, now.milliseconds, now.milliseconds, max(0, limit)]
            return try Row.fetchAll(select, arguments: arguments).compactMap(Self.grant)
        }
    }

    public func grants(provider: String, subject: String?, providerSession: String?, at now: Timestamp) async throws
        -> [ProviderGrant]
    {
        guard subject != nil || providerSession != nil else { return [] }
        return try await read { db in
            let select = try db.cachedStatement(
                sql: """
                    SELECT \(Self.columns) FROM provider_grants WHERE provider = ?1 AND expires_at > ?2
                    AND (?3 IS NULL OR subject = ?3) AND (?4 IS NULL OR provider_session = ?4) ORDER BY session
                    """
            )
            let arguments: StatementArguments = [provider, now.milliseconds, subject, providerSession]
            return try Row.fetchAll(select, arguments: arguments).compactMap(Self.grant)
        }
    }

    public func updateGrant(of session: SessionID, sealed: String, checkAt: Timestamp) async throws {
        try await write { db in
            try db.cachedStatement(sql: "UPDATE provider_grants SET sealed = ?, check_at = ? WHERE session = ?")
                .execute(arguments: [sealed, checkAt.milliseconds, session.description])
        }
    }

    /// Those of sessions that have expired go on the way: tokens are not kept for nobody.
    static func add(_ grant: ProviderGrant, of session: Session, _ db: Database) throws {
        try db.cachedStatement(sql: "DELETE FROM provider_grants WHERE expires_at <= ?")
            .execute(arguments: [session.createdAt.milliseconds])
        try db.cachedStatement(
            sql: "INSERT INTO provider_grants (\(columns), expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        ).execute(arguments: [
            grant.session.description, grant.user.description, grant.provider, grant.subject, grant.providerSession,
            grant.sealed, grant.checkAt.milliseconds, session.expiresAt.milliseconds,
        ])
    }

    static func removeGrant(of session: SessionID, _ db: Database) throws {
        try db.cachedStatement(sql: "DELETE FROM provider_grants WHERE session = ?")
            .execute(arguments: [session.description])
    }

    /// Nil for a row that can't be read: its session goes on to its end.
    private static func grant(_ row: Row) -> ProviderGrant? {
        guard let session = SessionID(row[0] as String), let user = UserID(row[1] as String) else { return nil }
        return ProviderGrant(
            session: session,
            user: user,
            provider: row[2],
            subject: row[3],
            providerSession: row[4],
            sealed: row[5],
            checkAt: Timestamp(milliseconds: row[6])
        )
    }
}
