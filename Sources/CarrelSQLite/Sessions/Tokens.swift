public import CarrelCore
import GRDB

extension SQLiteStore {
    public func addToken(_ token: APIToken, by actor: Actor) async throws {
        try await write { db in
            try translating(unique: CarrelError(.conflict, "There is such a token already.")) {
                try db.cachedStatement(
                    sql: """
                        INSERT INTO tokens (id, digest, scopes, user, created_at, expires_at, revoked_at)
                        VALUES (?, ?, ?, ?, ?, ?, ?)
                        """
                ).execute(arguments: [
                    token.id.description, token.digest, Self.text(token.scopes), token.user?.description,
                    token.createdAt.milliseconds, token.expiresAt.milliseconds, token.revokedAt?.milliseconds,
                ])
            }
            let entry = RecordEntry(
                at: token.createdAt,
                kind: "token.added",
                actor: actor,
                user: token.user,
                details: ["token": token.id.description, "scopes": Self.text(token.scopes)]
            )
            try Record.append(entry, db)
        }
    }

    /// In the order in which they were made.
    public func tokens() async throws -> [APIToken] {
        try await read { db in
            let select = try db.cachedStatement(
                sql: """
                    SELECT id, digest, scopes, user, created_at, expires_at, revoked_at FROM tokens
                    ORDER BY created_at, id
                    """
            )
            return try Row.fetchAll(select).map(Self.token)
        }
    }

    public func revokeToken(_ id: TokenID, by actor: Actor, at now: Timestamp) async throws {
        try await write { db in
            let select = try db.cachedStatement(sql: "SELECT user, revoked_at FROM tokens WHERE id = ?")
            guard let row = try Row.fetchOne(select, arguments: [id.description]) else {
                throw CarrelError(.notFound, "There is no such token.", detail: "\(id)")
            }
            let user: String? = row[0]
            guard (row[1] as Int64?) == nil else { return }
            try db.cachedStatement(sql: "UPDATE tokens SET revoked_at = ? WHERE id = ?")
                .execute(arguments: [now.milliseconds, id.description])
            let entry = RecordEntry(
                at: now,
                kind: "token.revoked",
                actor: actor,
                user: user.flatMap { UserID($0) },
                details: ["token": id.description]
            )
            try Record.append(entry, db)
        }
    }

    private static func text(_ scopes: Set<Scope>) -> String { scopes.map(\.rawValue).sorted().joined(separator: " ") }

    private static func token(_ row: Row) throws -> APIToken {
        let text: String = row[0]
        let owner: String? = row[3]
        let user = owner.flatMap { UserID($0) }
        // A member's token whose member can't be read must not become a token for everybody.
        guard let id = TokenID(text), (owner == nil) == (user == nil) else {
            throw CarrelError(.storeDamaged, "The record of an API token can't be read.", detail: "token \(text)")
        }
        return APIToken(
            id: id,
            digest: row[1],
            scopes: Set((row[2] as String).split(separator: " ").compactMap { Scope(rawValue: String($0)) }),
            user: user,
            createdAt: Timestamp(milliseconds: row[4]),
            expiresAt: Timestamp(milliseconds: row[5]),
            revokedAt: (row[6] as Int64?).map { Timestamp(milliseconds: $0) }
        )
    }
}
