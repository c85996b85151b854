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

    static let nobody = Self(kind: .nobody, user: nil, isOperator: false)
    static let commandLine = Self(kind: .commandLine, user: nil, isOperator: true)

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
    var entersWorkspaces: Bool {
        switch kind {
        case .nobody, .commandLine: false
        case .session: user != nil
        case .token(_, let scopes): user != nil && !scopes.isDisjoint(with: [.workspaces, .operate])
        }
    }

    /// Whether this caller has `right` on `listener`.
    func has(_ right: Right, on listener: HubListener) -> Bool {
        switch kind {
        case .nobody: false
        case .commandLine: true
        case .session:
            switch right {
            case .read, .workspaces: listener == .users || isOperator
            case .observe, .operate: listener != .users && isOperator
            case .pool: false
            }
        case .token(_, let scopes):
            switch right {
            // On the users' listener a request is always some member's.
            case .read: !scopes.isDisjoint(with: [.workspaces, .observe, .operate]) && isSomebody(on: listener)
            case .workspaces: !scopes.isDisjoint(with: [.workspaces, .operate]) && isSomebody(on: listener)
            // A token that acts as one member sees and does nothing of others.
            case .observe: !scopes.isDisjoint(with: [.observe, .operate]) && user == nil
            case .operate: scopes.contains(.operate) && user == nil
            case .pool: !scopes.isDisjoint(with: [.pool, .operate])
            }
        }
    }

    private func isSomebody(on listener: HubListener) -> Bool { user != nil || listener != .users }

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
        guard let principal = principal(of: request, settings: settings) else { return .nobody }
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
        return Caller(kind: kind, user: user, isOperator: user.map(services.signIn.isOperator) ?? false)
    }

    private func principal(of request: Request, settings: HubSettings) -> Principal? {
        if let authorization = request.headers[.authorization], authorization.lowercased().hasPrefix("bearer ") {
            return services.signIn.authorize(.bearer(String(authorization.dropFirst(7))))
        }
        return RequestCookies(request.headers).values(settings.listener(listener).sessionCookie).prefix(4)
            .lazy.compactMap { services.signIn.authorize(.cookie($0)) }.first
    }
}
