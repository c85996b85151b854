public import CarrelCore

/// What somebody may be allowed to do. `docs/permissions.md` is the table.
public enum Permission: Hashable, Sendable {
    /// Claim a workspace of the app for this member.
    case openApp(App, for: User)
    /// List it, read its state, its decisions and events. Owner nil: a spare.
    case seeWorkspace(owner: UserID?)
    /// Read what it printed.
    case readLogs(owner: UserID?)
    /// Stop, pause or resume it.
    case stopWorkspace(owner: UserID?)
    /// Go in: pages, files and kernels.
    case enterWorkspace(owner: UserID?)
    /// Enter a service that somebody else runs; the rule nil: open to every member.
    case enterService(AccessRule?)
    /// `POST /pool` for this member; nil: a call that names none.
    case usePool(for: UserID?)
    /// Have a link that signs this member in.
    case makeSignInLink(for: UserID, isOperator: Bool)
    /// Have an API token; user nil: for all members.
    case makeToken(Set<Scope>, user: UserID?)
    /// Read what operators see: pools, members, usage, audit, engines, metrics.
    case observe
    /// Change what operators change: members, tokens, reload.
    case operate
}
