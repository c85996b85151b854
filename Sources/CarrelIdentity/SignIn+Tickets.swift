public import CarrelCore

extension SignIn {
    /// The longest that a sign-in link may stay good.
    public static var longestTicketLifetime: Duration { .seconds(7 * 86_400) }

    /// Throws `invalid` for a path that leads elsewhere or a lifetime out of bounds, `notFound` for an unknown or
    /// disabled member, `forbidden` for a link to an operator's session asked for by somebody with lesser powers:
    /// a token for pools could otherwise become an operator.
    public func makeTicket(for user: UserID, path: String, lifetime: Duration, by: Actor) async throws -> String {
        guard let path = SafeRedirect.path(path) else {
            throw CarrelError(.invalid, "A link can only lead to a path on this host, such as /open/jupyter.")
        }
        guard lifetime > .zero, lifetime <= Self.longestTicketLifetime else {
            throw CarrelError(.invalid, "A link is good for more than no time and at most 7 days.")
        }
        guard let member = try await store.user(user), !member.isDisabled else {
            throw CarrelError(.notFound, "There is no such member.")
        }
        if isOperator(member), by != .user(user), try await !mayActForOperators(by) {
            throw CarrelError(.forbidden, "Only an operator can make a sign-in link for an operator.")
        }
        let secret = shared.random.secret()
        let now = clock.now()
        let ticket = LaunchTicket(
            digest: SecretDigest.of(secret),
            user: user,
            path: path,
            expiresAt: now + lifetime
        )
        try await store.addTicket(ticket, by: by, at: now)
        return secret
    }

    public func signIn(ticket secret: String) async throws -> (SignedIn, path: String) {
        guard SecretDigest.isSecret(secret),
            let ticket = try await store.useTicket(digest: SecretDigest.of(secret), at: clock.now()),
            let path = SafeRedirect.path(ticket.path),
            let user = try await store.user(ticket.user), !user.isDisabled
        else { throw CarrelError(.unauthenticated, "This link was used already or has expired. Ask for a new one.") }
        return (try await newSession(for: user, provider: "link"), path)
    }
}
