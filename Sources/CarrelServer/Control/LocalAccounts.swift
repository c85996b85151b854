import CarrelConfig
public import CarrelCore
import CarrelIdentity

/// What the command line does with members and tokens.
public struct LocalAccounts: Sendable {
    let signIn: SignIn
    let store: any Store
    let configuration: Configuration

    public func add(
        _ name: String,
        password: String?,
        provider: String?,
        groups: [String],
        isOperator: Bool
    ) async throws -> User {
        let provider = try self.provider(provider)
        do {
            return try await signIn.addAccount(
                provider: provider,
                name: name,
                password: password,
                groups: Self.qualified(groups, provider: provider),
                isOperator: isOperator,
                by: .commandLine
            )
        } catch let error as CarrelError where error.code == .conflict {
            throw CarrelError(
                .conflict,
                "There is an account \(name) already: `carrel users password` gives it another password, "
                    + "`carrel users change` other groups"
            )
        }
    }

    public func setPassword(_ password: String, of name: String, provider: String?) async throws {
        try await signIn.setPassword(password, provider: self.provider(provider), name: name, by: .commandLine)
    }

    public func change(_ name: String, groups: [String]?, isOperator: Bool?, isDisabled: Bool?) async throws -> User {
        let user = try await member(name)
        let provider = user.identities.first?.provider ?? ""
        return try await signIn.changeMember(
            user.id,
            groups: groups.map { Self.qualified($0, provider: provider) },
            isOperator: isOperator,
            isDisabled: isDisabled,
            by: .commandLine
        )
    }

    /// The whole address of a sign-in link that works once.
    public func link(for name: String, path: String, lifetime: Duration) async throws -> String {
        let user = try await member(name)
        let secret = try await signIn.makeTicket(for: user.id, path: path, lifetime: lifetime, by: .commandLine)
        return "\(configuration.users.browserOrigin)/sign-in/link/\(secret)"
    }

    public func makeToken(
        scopes: Set<Scope>,
        user name: String?,
        lifetime: Duration
    ) async throws -> (token: APIToken, secret: String) {
        let user: User? = if let name { try await member(name) } else { nil }
        return try await signIn.makeToken(scopes: scopes, user: user?.id, lifetime: lifetime, by: .commandLine)
    }

    public func isOperator(_ user: User) -> Bool { signIn.isOperator(user) }

    /// `u-…`, `provider:name`, or a name alone where there is one local provider.
    private func member(_ name: String) async throws -> User {
        let qualified = UserID(name) != nil || name.contains(":") ? name : "\(try provider(nil)):\(name)"
        guard let user = try await signIn.user(named: qualified, create: false, by: .commandLine) else {
            throw CarrelError(.notFound, "There is no member \(name): carrel users ls lists them")
        }
        return user
    }

    private func provider(_ named: String?) throws -> String {
        let local = configuration.signIn.providers.filter { $0.kind == .local }.map(\.id)
        if let named {
            guard local.contains(named) else {
                throw CarrelError(.invalid, "\(named) is no provider of local accounts: there is \(Self.list(local))")
            }
            return named
        }
        guard let only = local.first, local.count == 1 else {
            throw CarrelError(.invalid, "Say which provider with --provider: there is \(Self.list(local))")
        }
        return only
    }

    private static func list(_ names: [String]) -> String { names.isEmpty ? "none" : names.joined(separator: ", ") }

    private static func qualified(_ groups: [String], provider: String) -> Set<String> {
        Set(groups.map { $0.contains(":") ? $0 : "\(provider):\($0)" })
    }
}
