public import CarrelCore
import GRDB

extension SQLiteStore {
    public func addLocalAccount(_ new: NewLocalAccount, by actor: Actor, at now: Timestamp) async throws -> User {
        let id = makeUserID()
        return try await write { db in
            guard try MemberRow.find(provider: new.provider, subject: new.name, db) == nil else {
                throw CarrelError(.conflict, "There is an account with this name already.")
            }
            let member = NewMember(
                identity: Identity(provider: new.provider, subject: new.name, name: new.name),
                name: new.name,
                groups: new.groups,
                isOperator: new.isOperator,
                passwordHash: new.passwordHash
            )
            return try member.insert(id: id, by: actor, at: now, db)
        }
    }

    public func passwordHash(provider: String, name: String) async throws -> String? {
        try await read { db in
            let select = try db.cachedStatement(
                sql: "SELECT password_hash FROM identities WHERE provider = ? AND subject = ?"
            )
            return try String.fetchOne(select, arguments: [provider, name])
        }
    }

    public func setPasswordHash(
        _ hash: String,
        provider: String,
        name: String,
        by actor: Actor,
        at now: Timestamp
    ) async throws {
        try await write { db in
            guard let user = try MemberRow.find(provider: provider, subject: name, db) else {
                throw CarrelError(.notFound, "There is no such account.")
            }
            try db.execute(
                sql: "UPDATE identities SET password_hash = ? WHERE provider = ? AND subject = ?",
                arguments: [hash, provider, name]
            )
            let entry = RecordEntry(at: now, kind: "user.password-set", actor: actor, user: user.id)
            try Record.append(entry, db)
        }
    }
}
