public import CarrelCore

extension MemoryStore {
    public func user(_ id: UserID) async throws -> User? { try transact("user") { $0.users[id] } }

    public func user(provider: String, subject: String) async throws -> User? {
        try transact("user") { $0.user(provider: provider, subject: subject) }
    }

    public func users() async throws -> [User] {
        try transact("users") { content in content.userOrder.compactMap { content.users[$0] } }
    }

    public func ensureUser(
        _ identity: Identity,
        displayName: String?,
        groups: Set<String>?,
        by actor: Actor,
        at now: Timestamp
    ) async throws -> User {
        try transact("ensureUser") { content in
            guard var user = content.user(provider: identity.provider, subject: identity.subject) else {
                let name = displayName ?? identity.name
                return content.addUser(
                    identity,
                    name: name,
                    groups: groups ?? [],
                    isOperator: false,
                    by: actor,
                    at: now
                )
            }
            let before = user
            user.identities = user.identities.map {
                $0.provider == identity.provider && $0.subject == identity.subject ? identity : $0
            }
            if let displayName { user.name = displayName }
            if let groups {
                user.groups = user.groups.filter { !$0.hasPrefix("\(identity.provider):") }.union(groups)
            }
            guard user != before else { return user }
            content.users[user.id] = user
            content.append(RecordEntry(at: now, kind: "user.changed", actor: actor, user: user.id))
            return user
        }
    }

    public func addLocalAccount(_ new: NewLocalAccount, by actor: Actor, at now: Timestamp) async throws -> User {
        try transact("addLocalAccount") { content in
            guard content.user(provider: new.provider, subject: new.name) == nil else {
                throw CarrelError(.conflict, "There is an account of this name already.")
            }
            let identity = Identity(provider: new.provider, subject: new.name, name: new.name)
            let user = content.addUser(
                identity,
                name: new.name,
                groups: new.groups,
                isOperator: new.isOperator,
                by: actor,
                at: now
            )
            content.passwords["\(new.provider):\(new.name)"] = new.passwordHash
            return user
        }
    }

    public func passwordHash(provider: String, name: String) async throws -> String? {
        try transact("passwordHash") { $0.passwords["\(provider):\(name)"] }
    }

    public func setPasswordHash(
        _ hash: String,
        provider: String,
        name: String,
        by actor: Actor,
        at now: Timestamp
    ) async throws {
        try transact("setPasswordHash") { content in
            guard let user = content.user(provider: provider, subject: name) else {
                throw CarrelError(.notFound, "There is no such account.")
            }
            content.passwords["\(provider):\(name)"] = hash
            content.append(RecordEntry(at: now, kind: "user.password-set", actor: actor, user: user.id))
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
        try transact("changeUser") { content in
            guard let before = content.users[id] else { throw CarrelError(.notFound, "There is no such member.") }
            var user = before
            user.groups = groups ?? user.groups
            user.isOperator = isOperator ?? user.isOperator
            user.isDisabled = isDisabled ?? user.isDisabled
            guard user != before else { return user }
            content.users[id] = user
            content.append(RecordEntry(at: now, kind: "user.changed", actor: actor, user: id))
            return user
        }
    }
}

extension MemoryStore.Memory.Content {
    func requireUser(_ id: UserID) throws {
        guard users[id] != nil else { throw CarrelError(.notFound, "There is no such member.") }
    }

    func user(provider: String, subject: String) -> User? {
        users.values.first { $0.identities.contains { $0.provider == provider && $0.subject == subject } }
    }

    mutating func addUser(
        _ identity: Identity,
        name: String,
        groups: Set<String>,
        isOperator: Bool,
        by actor: Actor,
        at now: Timestamp
    ) -> User {
        let user = User(
            id: UserID(from: &random),
            name: name,
            identities: [identity],
            groups: groups,
            isOperator: isOperator,
            storageUID: nextUID,
            createdAt: now
        )
        nextUID += 1
        users[user.id] = user
        userOrder.append(user.id)
        append(RecordEntry(at: now, kind: "user.added", actor: actor, user: user.id))
        return user
    }
}
