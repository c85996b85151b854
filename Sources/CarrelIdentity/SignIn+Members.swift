public import CarrelCore

extension SignIn {
    public func user(_ id: UserID) async throws -> User? { try await store.user(id) }

    /// A local member, or one of the pool service's provider, is known by their subject; anybody else by name or
    /// verified e-mail.
    /// Throws `conflict` if a name means several members; `forbidden` where an operator would be made on the word of
    /// somebody who is none.
    public func user(named text: String, create: Bool, by: Actor) async throws -> User? {
        if let id = UserID(text) { return try await store.user(id) }
        guard text.utf8.count <= 300, let colon = text.firstIndex(of: ":") else { return nil }
        let provider = String(text[..<colon])
        let name = String(text[text.index(after: colon)...])
        let rules = rules
        let isLocal = rules.providers.contains { $0.id == provider && $0.kind == "local" }
        let isPool = rules.poolProvider == provider
        guard !name.isEmpty, isLocal || isPool || rules.providers.contains(where: { $0.id == provider }) else {
            return nil
        }
        if isLocal {
            guard (try? AccountName(name)) != nil else { return nil }
        }
        if isLocal || isPool, let user = try await store.user(provider: provider, subject: name) { return user }
        if !isLocal {
            let named = try await store.users().filter { $0.isNamed(text) }
            guard named.count <= 1 else {
                throw CarrelError(.conflict, "This name means several members: use the member's id, u-….")
            }
            if let user = named.first { return user }
        }
        guard create, isLocal || (isPool && SubjectName.isOne(name)) else { return nil }
        if rules.operators.users.contains(text), try await !mayActForOperators(by) {
            throw CarrelError(.forbidden, "Only an operator can make this member.")
        }
        let identity = Identity(provider: provider, subject: name, name: name)
        return try await store.ensureUser(identity, displayName: name, groups: nil, by: by, at: clock.now())
    }

    /// Whether what they do may have an operator's powers: the machine's own people, operators, and tokens for
    /// all members with the scope `operate`.
    func mayActForOperators(_ actor: Actor) async throws -> Bool {
        switch actor {
        case .commandLine, .hub: return true
        case .user(let id): return try await store.user(id).map(isOperator) ?? false
        case .token(let id):
            guard let token = shared.known.snapshot?.tokens.values.first(where: { $0.id == id }),
                token.expiresAt > clock.now(), token.user == nil
            else { return false }
            return token.scopes.contains(.operate)
        }
    }
}
