public import CarrelCore

/// What the rules say of a member as the store has them. Asked for gateway, pages and API alike.
extension SignInRules {
    func provider(_ id: String) -> Provider? { providers.first { $0.id == id } }

    /// Whether one of the member's providers still lets them use this server: it is configured, and its `allow` names
    /// them. Who is suspended is out, whoever vouches.
    public func admits(_ user: User) -> Bool {
        !user.isDisabled && user.identities.contains { admits($0, groups: user.groups) }
    }

    func admits(_ identity: Identity, groups: Set<String>) -> Bool {
        // Programs vouch for members of the pool service's provider, who may never have signed in there.
        if identity.provider == poolProvider { return true }
        guard let provider = provider(identity.provider) else { return false }
        return provider.remote?.allow?.admits(identity, groups: groups) ?? true
    }

    public func isOperator(_ user: User) -> Bool {
        !user.isDisabled && (user.isOperator || operators.admits(user))
    }

    /// The apps that are not for this member.
    func closedApps(to user: User) -> Set<AppID> {
        guard !apps.isEmpty, !isOperator(user) else { return [] }
        return Set(apps.lazy.filter { !$0.value.admits(user) }.map(\.key))
    }
}

extension KnownCredentials.Snapshot {
    /// The apps that are closed to a member; nil: everything is.
    func closedApps(to id: UserID, _ rules: SignInRules) -> Set<AppID>? {
        guard !disabled.contains(id) else { return nil }
        if let closed { return closed[id] ?? [] }
        // Made by another process a moment ago: nothing is known of them but what the signature says.
        guard let user = members[id] else { return Set(rules.apps.keys) }
        return rules.admits(user) ? rules.closedApps(to: user) : nil
    }
}
