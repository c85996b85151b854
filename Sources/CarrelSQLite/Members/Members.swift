public import CarrelCore
import GRDB

extension SQLiteStore {
    public func user(_ id: UserID) async throws -> User? {
        try await read { db in try MemberRow.find(id, db) }
    }

    public func user(provider: String, subject: String) async throws -> User? {
        try await read { db in try MemberRow.find(provider: provider, subject: subject, db) }
    }

    public func users() async throws -> [User] {
        try await read { db in try MemberRow.all(db) }
    }

    public func ensureUser(
        _ identity: Identity,
        displayName: String?,
        groups: Set<String>?,
        by actor: Actor,
        at now: Timestamp
    ) async throws -> User {
        let id = makeUserID()
        return try await write { db in
            guard let known = try MemberRow.find(provider: identity.provider, subject: identity.subject, db) else {
                let new = NewMember(
                    identity: identity,
                    name: displayName ?? identity.name,
                    groups: Self.qualified(groups ?? [], by: identity.provider)
                )
                return try new.insert(id: id, by: actor, at: now, db)
            }
            var user = known
            user.name = displayName ?? user.name
            if let groups {
                user.groups = user.groups.filter { !$0.hasPrefix(identity.provider + ":") }
                    .union(Self.qualified(groups, by: identity.provider))
            }
            user.identities = user.identities.map { $0.isSame(as: identity) ? identity : $0 }
            guard user != known else { return user }
            try MemberRow.update(user, db)
            try MemberRow.update(identity, db)
            try Record.append(Self.changed(user, from: known, by: actor, at: now), db)
            return user
        }
    }

    public func changeUser(
        _ id: UserID,
        groups: Set<String>?,
        isOperator: Bool?,
        isDisabled: Bool?,
        by actor: Actor,
        at now: Timestamp
    ) async throws -> User {
        try await write { db in
            guard let known = try MemberRow.find(id, db) else {
                throw CarrelError(.notFound, "There is no such member.", detail: "\(id)")
            }
            var user = known
            user.groups = groups ?? user.groups
            user.isOperator = isOperator ?? user.isOperator
            user.isDisabled = isDisabled ?? user.isDisabled
            guard user != known else { return user }
            try MemberRow.update(user, db)
            try Record.append(Self.changed(user, from: known, by: actor, at: now), db)
            return user
        }
    }

    /// A provider speaks for its own groups only.
    static func qualified(_ groups: Set<String>, by provider: String) -> Set<String> {
        Set(groups.map { $0.hasPrefix(provider + ":") ? $0 : "\(provider):\($0)" })
    }

    /// What may be told without naming anybody: not the name, not the address.
    private static func changed(_ user: User, from known: User, by actor: Actor, at now: Timestamp) -> RecordEntry {
        var details: [String: String] = [:]
        if user.groups != known.groups { details["groups"] = user.groups.sorted().joined(separator: " ") }
        if user.isOperator != known.isOperator { details["operator"] = "\(user.isOperator)" }
        if user.isDisabled != known.isDisabled { details["disabled"] = "\(user.isDisabled)" }
        if user.name != known.name || user.identities != known.identities { details["profile"] = "changed" }
        return RecordEntry(at: now, kind: "user.changed", actor: actor, user: user.id, details: details)
    }
}

/// A member that is about to be added.
struct NewMember {
    var identity: Identity
    var name: String
    var groups: Set<String>
    var isOperator = false
    var passwordHash: String?

    func insert(id: UserID, by actor: Actor, at now: Timestamp, _ db: Database) throws -> User {
        let user = try MemberRow.insert(self, id: id, at: now, db)
        let entry = RecordEntry(
            at: now,
            kind: "user.added",
            actor: actor,
            user: user.id,
            details: ["provider": identity.provider, "operator": "\(isOperator)"]
        )
        try Record.append(entry, db)
        return user
    }
}

extension Identity {
    fileprivate func isSame(as other: Identity) -> Bool { provider == other.provider && subject == other.subject }
}
