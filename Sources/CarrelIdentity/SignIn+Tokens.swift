public import CarrelCore
import Logging

extension SignIn {
    /// The longest life of an API token.
    public static var longestTokenLifetime: Duration { .seconds(366 * 86_400) }

    /// Throws `invalid` without scopes or with a lifetime out of bounds, `notFound` for an unknown or disabled member.
    /// Who may ask for one is `Permission.makeToken`.
    public func makeToken(
        scopes: Set<Scope>,
        user: UserID?,
        lifetime: Duration,
        by: Actor
    ) async throws -> (token: APIToken, secret: String) {
        guard !scopes.isEmpty else { throw CarrelError(.invalid, "A token needs at least one scope.") }
        guard lifetime > .zero, lifetime <= Self.longestTokenLifetime else {
            throw CarrelError(.invalid, "A token lives for more than no time and at most 366 days.")
        }
        if let user {
            guard let member = try await store.user(user), !member.isDisabled else {
                throw CarrelError(.notFound, "There is no such member.")
            }
            know(member)
        }
        let secret = TokenSecret.make(from: shared.random)
        let now = clock.now()
        let token = APIToken(
            id: shared.random.tokenID(),
            digest: SecretDigest.of(secret),
            scopes: scopes,
            user: user,
            createdAt: now,
            expiresAt: now + lifetime
        )
        try await store.addToken(token, by: by)
        shared.known.patch { $0.tokens[token.digest] = token }
        logger.info("token made", metadata: ["token": "\(token.id)", "by": "\(by.description)"])
        return (token, secret)
    }

    /// Ends a token, at once in this process. Throws `notFound` if there is none.
    public func revokeToken(_ id: TokenID, by: Actor) async throws {
        try await store.revokeToken(id, by: by, at: clock.now())
        shared.known.patch { known in known.tokens = known.tokens.filter { $0.value.id != id } }
        logger.info("token revoked", metadata: ["token": "\(id)", "by": "\(by.description)"])
    }
}
