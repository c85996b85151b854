import CarrelCore
import CarrelIdentity
import HTTPTypes
import Hummingbird

/// Who sends a request, as proved by its cookie, its token or its socket.
struct Caller: Sendable {
    enum Kind: Hashable, Sendable {
        case nobody
        case session(SessionID)
        case token(TokenID, Set<Scope>)
        case commandLine
    }

    /// Whose workspaces a request can concern at all.
    enum Reach: Sendable {
        case everybody
        case only(User)
    }

    var kind: Kind
    /// Who it acts as. Nil for nobody, the command line, and a token for all members.
    var user: User?
    var isOperator: Bool
    /// What its cookie or token proved.
    var principal: Principal?

    static let nobody = Self(kind: .nobody, user: nil, isOperator: false, principal: nil)
    static let commandLine = Self(kind: .commandLine, user: nil, isOperator: true, principal: nil)

    var session: SessionID? {
        guard case .session(let id) = kind else { return nil }
        return id
    }

    var isNobody: Bool { kind == .nobody }

    /// For the record.
    var actor: Actor {
        switch kind {
        case .nobody: .hub
        case .session: user.map { .user($0.id) } ?? .hub
        case .token(let id, _): .token(id)
        case .commandLine: .commandLine
        }
    }

    /// Whether it may enter and claim as its member.
    var entersWorkspaces: Bool { user.map { may(.enterWorkspace(owner: $0.id)) } ?? false }

    /// What the table of permissions says; whoever reaches the control socket may do everything but enter.
    func may(_ permission: Permission) -> Bool {
        if kind == .commandLine {
            if case .enterWorkspace = permission { return false }
            return true
        }
        guard let principal else { return false }
        return Permissions.allows(permission, to: principal, user: user, isOperator: isOperator)
    }

    /// Whether the caller may use endpoints of `right` on `listener` at all; which workspaces, handlers ask `may`.
    func has(_ right: Right, on listener: HubListener) -> Bool {
        if kind == .commandLine { return true }
        switch right {
        case .read: return acts(on: listener) && (may(.observe) || sees)
        case .workspaces: return acts(on: listener) && sees && mayChange
        case .observe: return listener != .users && may(.observe)
        case .operate: return listener != .users && may(.operate)
        // For programs: a browser's session is no token.
        case .pool: return session == nil && may(.usePool(for: user?.id))
        }
    }

    /// On the users' listener a request is always some member's; on the operators' a session is always an operator's.
    private func acts(on listener: HubListener) -> Bool {
        listener == .users ? user != nil : session == nil || isOperator
    }

    private var sees: Bool {
        guard case .token(_, let scopes) = kind else { return !isNobody }
        return !scopes.isDisjoint(with: [.workspaces, .observe, .operate])
    }

    private var mayChange: Bool {
        guard case .token(_, let scopes) = kind else { return !isNobody }
        return !scopes.isDisjoint(with: [.workspaces, .operate])
    }

    /// Nil for nobody, and on the users' listener for whoever is no member.
    func reach(on listener: HubListener) -> Reach? {
        switch kind {
        case .nobody: nil
        case .commandLine: .everybody
        case .session: listener == .users || !isOperator ? user.map { .only($0) } : .everybody
        case .token: user.map { .only($0) } ?? (listener == .users ? nil : .everybody)
        }
    }
}

extension Hub {
    /// Who sends this request. A credential that is unknown, expired or revoked, or whose member is disabled, is
    /// nobody's. A bearer token counts before a cookie.
    func caller(of request: Request, settings: HubSettings) async throws -> Caller {
        guard listener != .control else { return .commandLine }
        guard let principal = await principal(of: request, settings: settings) else { return .nobody }
        var user: User?
        if let id = principal.user {
            guard let found = try await services.signIn.user(id), !found.isDisabled else { return .nobody }
            user = found
        }
        let kind: Caller.Kind =
            switch principal.credential {
            case .session(let id): .session(id)
            case .token(let id, let scopes): .token(id, scopes)
            }
        let isOperator = user.map(services.signIn.isOperator) ?? false
        return Caller(kind: kind, user: user, isOperator: isOperator, principal: principal)
    }

    fileprivate func principal(of request: Request, settings: HubSettings) async -> Principal? {
        if let authorization = request.headers[.authorization], authorization.lowercased().hasPrefix("bearer ") {
            return await services.signIn.authorizeAfresh(.bearer(String(authorization.dropFirst(7))))
        }
        if listener == .users, request.headers[.workspace] != nil || request.headers[.service] != nil {
            // On a workspace's own name only its own cookie counts.
            let named = request.headers[.service].map { WorkspaceID(service: $0, deployment: settings.deployment) }
            guard let id = named ?? request.headers[.workspace].flatMap({ WorkspaceID($0) }) else { return nil }
            let name = settings.sites.cookieName(of: id, base: settings.workspaceCookie)
            return RequestCookies(request.headers).values(name).prefix(4)
                .lazy.compactMap { services.signIn.authorize(.workspaceCookie($0)) }.first { $0.workspace == id }
        }
        return RequestCookies(request.headers).values(settings.listener(listener).sessionCookie).prefix(4)
            .lazy.compactMap { services.signIn.authorize(.cookie($0)) }.first
    }
}

extension Call {
    /// Whether what the request brought still proves the same: asked again for as long as an answer lasts. From
    /// memory, but for a token that is known no more.
    func isStillProved() async -> Bool {
        guard hub.listener != .control else { return true }
        return await hub.principal(of: request, settings: hub.services.settings())?.credential
            == caller.principal?.credential
    }
}
