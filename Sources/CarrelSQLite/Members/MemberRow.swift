import CarrelCore
import GRDB

/// Members as rows of `users` and `identities`.
enum MemberRow {
    private static let columns = "id, name, groups, is_operator, is_disabled, storage_uid, created_at"

    static func find(_ id: UserID, _ db: Database) throws -> User? {
        let select = try db.cachedStatement(sql: "SELECT \(columns) FROM users WHERE id = ?")
        guard let row = try Row.fetchOne(select, arguments: [id.description]) else { return nil }
        return try user(row, identities: identities(of: id.description, db))
    }

    static func find(provider: String, subject: String, _ db: Database) throws -> User? {
        let select = try db.cachedStatement(sql: "SELECT user FROM identities WHERE provider = ? AND subject = ?")
        guard let text = try String.fetchOne(select, arguments: [provider, subject]), let id = UserID(text) else {
            return nil
        }
        return try find(id, db)
    }

    static func all(_ db: Database) throws -> [User] {
        var identities: [String: [Identity]] = [:]
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT provider, subject, name, email, email_is_verified, user FROM identities
                ORDER BY provider, subject
                """
        )
        while let row = try rows.next() { identities[row[5], default: []].append(identity(row)) }
        return try Row.fetchAll(db, sql: "SELECT \(columns) FROM users ORDER BY storage_uid")
            .map { try user($0, identities: identities[$0[0]] ?? []) }
    }

    /// The member with their uid, which counts up.
    static func insert(_ new: NewMember, id: UserID, at now: Timestamp, _ db: Database) throws -> User {
        let identity = new.identity
        try db.cachedStatement(
            sql: """
                INSERT INTO users (id, name, groups, is_operator, is_disabled, created_at) VALUES (?, ?, ?, ?, 0, ?)
                """
        ).execute(arguments: [id.description, new.name, try text(new.groups), new.isOperator, now.milliseconds])
        let uid = UInt32(truncatingIfNeeded: db.lastInsertedRowID)
        try db.cachedStatement(
            sql: """
                INSERT INTO identities (provider, subject, user, name, email, email_is_verified, password_hash)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            identity.provider, identity.subject, id.description, identity.name, identity.email,
            identity.emailIsVerified, new.passwordHash,
        ])
        return User(
            id: id,
            name: new.name,
            identities: [identity],
            groups: new.groups,
            isOperator: new.isOperator,
            storageUID: uid,
            createdAt: now
        )
    }

    static func update(_ user: User, _ db: Database) throws {
        try db.cachedStatement(
            sql: "UPDATE users SET name = ?, groups = ?, is_operator = ?, is_disabled = ? WHERE id = ?"
        ).execute(arguments: [
            user.name, try text(user.groups), user.isOperator, user.isDisabled, user.id.description,
        ])
    }

    static func update(_ identity: Identity, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                UPDATE identities SET name = ?, email = ?, email_is_verified = ? WHERE provider = ? AND subject = ?
                """
        ).execute(arguments: [
            identity.name, identity.email, identity.emailIsVerified, identity.provider, identity.subject,
        ])
    }

    private static func identities(of user: String, _ db: Database) throws -> [Identity] {
        let select = try db.cachedStatement(
            sql: """
                SELECT provider, subject, name, email, email_is_verified FROM identities WHERE user = ?
                ORDER BY provider, subject
                """
        )
        return try Row.fetchAll(select, arguments: [user]).map(identity)
    }

    private static func identity(_ row: Row) -> Identity {
        Identity(provider: row[0], subject: row[1], name: row[2], email: row[3], emailIsVerified: row[4])
    }

    private static func user(_ row: Row, identities: [Identity]) throws -> User {
        let text: String = row[0]
        guard let id = UserID(text), let groups = try? JSONText.decode(Set<String>.self, from: row[2]) else {
            throw CarrelError(.storeDamaged, "The record of this member can't be read.", detail: "member \(text)")
        }
        return User(
            id: id,
            name: row[1],
            identities: identities,
            groups: groups,
            isOperator: row[3],
            isDisabled: row[4],
            storageUID: row[5],
            createdAt: Timestamp(milliseconds: row[6])
        )
    }

    private static func text(_ groups: Set<String>) throws -> String { try JSONText.encode(groups.sorted()) }
}
