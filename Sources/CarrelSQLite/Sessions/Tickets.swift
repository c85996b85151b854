public import CarrelCore
import GRDB

extension SQLiteStore {
    public func addTicket(_ ticket: LaunchTicket, by actor: Actor, at now: Timestamp) async throws {
        try await write { db in
            try db.cachedStatement(sql: "DELETE FROM tickets WHERE expires_at <= ?")
                .execute(arguments: [now.milliseconds])
            try translating(unique: CarrelError(.conflict, "There is such a ticket already.")) {
                try db.cachedStatement(sql: "INSERT INTO tickets (digest, user, path, expires_at) VALUES (?, ?, ?, ?)")
                    .execute(arguments: [
                        ticket.digest, ticket.user.description, ticket.path, ticket.expiresAt.milliseconds,
                    ])
            }
            try Record.append(RecordEntry(at: now, kind: "ticket.added", actor: actor, user: ticket.user), db)
        }
    }

    public func useTicket(digest: String, at now: Timestamp) async throws -> LaunchTicket? {
        try await write { db in
            let take = try db.cachedStatement(
                sql: "DELETE FROM tickets WHERE digest = ? RETURNING user, path, expires_at"
            )
            guard let row = try Row.fetchOne(take, arguments: [digest]), let user = UserID(row[0] as String) else {
                return nil
            }
            let ticket = LaunchTicket(
                digest: digest,
                user: user,
                path: row[1],
                expiresAt: Timestamp(milliseconds: row[2])
            )
            guard ticket.expiresAt > now else { return nil }
            try Record.append(RecordEntry(at: now, kind: "ticket.used", actor: .user(user), user: user), db)
            return ticket
        }
    }
}
