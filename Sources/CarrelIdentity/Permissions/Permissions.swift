public import CarrelCore

/// Who may do what: deny unless granted. Pure; the table in `docs/permissions.md` is tested row by row.
public enum Permissions {
    /// Whether the principal may do it. `user` is the member that the principal names, as the store has them now, nil
    /// for a token for all members: another one than the principal's, or a disabled one, may do nothing. `isOperator`
    /// is whether `user` is an operator (`SignInService.isOperator`).
    public static func allows(
        _ permission: Permission,
        to principal: Principal,
        user: User?,
        isOperator: Bool
    ) -> Bool {
        guard principal.user == user?.id, user?.isDisabled != true else { return false }
        let powers = Powers(principal, isOperator: isOperator)
        switch permission {
        case .openApp(let app, let member):
            guard !member.isDisabled else { return false }
            return powers.operates || (powers.members.include(member.id) && app.admits(member))
                || (powers.pools.include(member.id) && app.admits(member))
        case .seeWorkspace(let owner): return powers.observes || powers.seen.include(owner)
        case .readLogs(let owner), .stopWorkspace(let owner):
            return powers.operates || powers.members.include(owner)
        case .enterWorkspace(let owner):
            // Not even an operator: under `isolation: path` every workspace shares one origin.
            return owner != nil && owner == principal.user && principal.entersWorkspaces
        case .enterService(let access):
            guard let user, principal.entersWorkspaces else { return false }
            return admits(user, isOperator: isOperator, to: access)
        case .usePool(let member): return powers.pools.include(member) || (member == nil && powers.pools != .nobody)
        case .makeSignInLink(let member, let targetIsOperator):
            return powers.operates || (powers.pools.include(member) && !targetIsOperator)
                || (powers.isSession && member == principal.user)
        case .makeToken(let scopes, let target):
            return powers.operates
                || (powers.isSession && target == principal.user && scopes.isSubset(of: [.workspaces]))
        case .observe: return powers.observes
        case .operate: return powers.operates
        }
    }

    /// Whether a member may enter a service with this rule; nil: open to every member. As with apps, to operators every
    /// one is.
    public static func admits(_ user: User, isOperator: Bool, to access: AccessRule?) -> Bool {
        guard !user.isDisabled else { return false }
        return isOperator || (access?.admits(user) ?? true)
    }
}

/// Whose affairs a principal may see to.
private enum Members: Equatable {
    case nobody
    case only(UserID)
    case all

    init(_ user: UserID?) { self = user.map { .only($0) } ?? .all }

    /// Nobody's workspace, a spare, is not any member's.
    func include(_ owner: UserID?) -> Bool {
        guard let owner else { return false }
        switch self {
        case .nobody: return false
        case .only(let user): return user == owner
        case .all: return true
        }
    }
}

/// What a session or a token's scopes amount to.
private struct Powers {
    var isSession = false
    var members = Members.nobody
    var seen = Members.nobody
    var pools = Members.nobody
    var observes = false
    var operates = false

    init(_ principal: Principal, isOperator: Bool) {
        switch principal.credential {
        case .session:
            // There is no session of nobody.
            guard let user = principal.user else { return }
            isSession = true
            members = .only(user)
            operates = isOperator
        case .token(_, let scopes):
            let reach = Members(principal.user)
            if !scopes.isDisjoint(with: [.workspaces, .operate]) { members = reach }
            if !scopes.isDisjoint(with: [.pool, .operate]) { pools = reach }
            // A token that acts as one member sees and does nothing of others, whoever that member is.
            operates = scopes.contains(.operate) && reach == .all
            observes = scopes.contains(.observe) && reach == .all
            if scopes.contains(.observe) { seen = reach }
        }
        observes = observes || operates
        if members != .nobody { seen = members }
    }
}
