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
        case .seeWorkspace(let owner): return powers.observes || powers.members.include(owner)
        case .readLogs(let owner), .stopWorkspace(let owner):
            return powers.operates || powers.members.include(owner)
        case .enterWorkspace(let owner):
            // Not even an operator: under `isolation: path` every workspace shares one origin.
            return owner != nil && owner == principal.user && powers.members.include(owner)
        case .usePool(let member): return powers.pools.include(member) || (member == nil && powers.pools != .nobody)
        case .makeSignInLink(let member, let targetIsOperator):
            return powers.operates || (powers.pools.include(member) && !targetIsOperator)
                || (powers.isSession && member == principal.user)
        case .makeToken(let scopes, let target):
            return powers.mayMakeToken(scopes, for: target, principal)
        case .observe: return powers.observes
        case .operate: return powers.operates
        }
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
    var pools = Members.nobody
    var observes = false
    var operates = false
    var scopes: Set<Scope> = []

    init(_ principal: Principal, isOperator: Bool) {
        // A token for all members was made by an operator and has no member to be one.
        let isHigh = principal.user == nil || isOperator
        switch principal.credential {
        case .session:
            // There is no session of nobody.
            guard let user = principal.user else { return }
            isSession = true
            members = .only(user)
            operates = isOperator
        case .token(_, let scopes):
            self.scopes = scopes
            if scopes.contains(.workspaces) { members = Members(principal.user) }
            if scopes.contains(.pool) { pools = Members(principal.user) }
            operates = scopes.contains(.operate) && isHigh
            observes = scopes.contains(.observe) && isHigh
        }
        observes = observes || operates
    }

    /// A token makes no token that could do more, or for longer, than it can itself.
    func mayMakeToken(_ wanted: Set<Scope>, for target: UserID?, _ principal: Principal) -> Bool {
        if isSession {
            return operates || (target != nil && target == principal.user && wanted.isSubset(of: [.workspaces]))
        }
        guard operates else { return false }
        return principal.user == nil || (target == principal.user && wanted.isSubset(of: scopes))
    }
}
