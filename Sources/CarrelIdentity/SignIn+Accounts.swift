public import CarrelCore

/// What operators and the command line do with members.
extension SignIn {
    /// Makes a local account.
    /// Throws `invalid` for a name or password that breaks the rules, `notFound` if there is no such local provider,
    /// `conflict` if the name is taken.
    public func addAccount(
        provider: String,
        name: String,
        password: String?,
        groups: Set<String> = [],
        isOperator: Bool = false,
        by: Actor
    ) async throws -> User {
        try requireLocal(provider)
        let name = try AccountName(name)
        let hash = if let password { try await hash(password, for: name) } else { String?.none }
        let new = NewLocalAccount(
            provider: provider,
            name: "\(name)",
            passwordHash: hash,
            groups: groups,
            isOperator: isOperator
        )
        return try await store.addLocalAccount(new, by: by, at: clock.now())
    }

    /// Sets another password and signs the member out everywhere. Throws as `addAccount`; `notFound` without account.
    public func setPassword(_ password: String, provider: String, name: String, by: Actor) async throws {
        try requireLocal(provider)
        let name = try AccountName(name)
        guard let user = try await store.user(provider: provider, subject: "\(name)") else {
            throw CarrelError(.notFound, "There is no such account.")
        }
        let hash = try await hash(password, for: name)
        try await store.setPasswordHash(hash, provider: provider, name: "\(name)", by: by, at: clock.now())
        _ = try await signOutEverywhere(user.id, by: by)
    }

    /// Ends every session of the member, at once in this process. Returns how many.
    public func signOutEverywhere(_ user: UserID, by: Actor) async throws -> Int {
        let count = try await store.revokeSessions(of: user, by: by, at: clock.now())
        try await refresh()
        return count
    }

    /// Changes groups, operator role or whether the member is disabled, at once in this process. Nil fields stay.
    /// A disabled member's sessions are revoked, and don't come back when the member does.
    public func changeMember(
        _ id: UserID,
        groups: Set<String>? = nil,
        isOperator: Bool? = nil,
        isDisabled: Bool? = nil,
        by: Actor
    ) async throws -> User {
        let user = try await store.changeUser(
            id,
            groups: groups,
            isOperator: isOperator,
            isDisabled: isDisabled,
            by: by,
            at: clock.now()
        )
        if isDisabled == true {
            shared.known.patch { $0.disabled.insert(id) }
            _ = try await store.revokeSessions(of: id, by: by, at: clock.now())
        }
        try await refresh()
        return user
    }

    private func requireLocal(_ provider: String) throws {
        guard rules.providers.contains(where: { $0.id == provider && $0.kind == "local" }) else {
            throw CarrelError(.notFound, "There is no provider of local accounts with this name.", detail: provider)
        }
    }

    private func hash(_ password: String, for name: AccountName) async throws -> String {
        try PasswordRules.check(password, for: "\(name)")
        guard let bytes = PasswordRules.normalized(password) else {
            throw CarrelError(.invalid, "A password has at most \(PasswordRules.mostBytes) bytes.")
        }
        return try await "\(hasher.hash(bytes, salt: shared.random.bytes(PasswordHash.saltLength)))"
    }
}
