public import ArgumentParser
public import CarrelCore
import CarrelServer

extension Scope: ExpressibleByArgument {}

struct Tokens: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Create, list and revoke API tokens.",
        subcommands: [TokensCreate.self, TokensList.self, TokensRevoke.self]
    )
}

struct TokensCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create a token and print it: this once."
    )

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var json: JSONOption

    @Option(name: .customLong("scope"), help: "What it may do; may be repeated.")
    var scopes: [Scope]

    @Option(help: "Acts as this member only: a local account's name, u-… or provider:name.")
    var user: String?

    @Flag(help: "Acts for every member.")
    var allUsers = false

    @Option(help: "How long it stays good, such as 12h or 90d.")
    var lifetime = "90d"

    func validate() throws {
        guard (user == nil) == allUsers else { throw ValidationError("Give either --user U or --all-users") }
        guard let lifetime = Duration(text: lifetime), lifetime > .zero else {
            throw ValidationError("--lifetime takes a duration such as 12h or 90d")
        }
    }

    func run() async throws {
        struct Created: Encodable {
            let id: TokenID
            let token: String
            let expiresAt: Timestamp
        }
        let lifetime = Duration(text: self.lifetime) ?? .seconds(90 * 86_400)
        try await OfflineStore.with(configurationFile.load()) { _, accounts in
            let (token, secret) = try await accounts.makeToken(scopes: Set(scopes), user: user, lifetime: lifetime)
            if json.isOn {
                try Output.json(Created(id: token.id, token: secret, expiresAt: token.expiresAt))
            } else {
                Output.diagnostic("\(token.id), good until \(token.expiresAt)")
                Output.data(secret)
            }
        }
    }
}

struct TokensList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the tokens, never their secrets."
    )

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var json: JSONOption

    /// A token without what its secret is known by.
    private struct Listed: Encodable {
        let id: TokenID
        let scopes: [Scope]
        let user: UserID?
        let createdAt: Timestamp
        let expiresAt: Timestamp
        let revokedAt: Timestamp?

        init(_ token: APIToken) {
            id = token.id
            scopes = token.scopes.sorted { $0.rawValue < $1.rawValue }
            user = token.user
            createdAt = token.createdAt
            expiresAt = token.expiresAt
            revokedAt = token.revokedAt
        }
    }

    func run() async throws {
        try await OfflineStore.with(configurationFile.load()) { store, _ in
            let tokens = try await store.tokens()
            if json.isOn { return try Output.json(tokens.map(Listed.init)) }
            Output.table(
                ["ID", "SCOPES", "FOR", "EXPIRES", "REVOKED"],
                tokens.map { token in
                    [
                        token.id.description, token.scopes.map(\.rawValue).sorted().joined(separator: ","),
                        token.user?.description ?? "all users", token.expiresAt.description,
                        token.revokedAt?.description ?? "-",
                    ]
                }
            )
        }
    }
}

struct TokensRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revoke a token: it stops working within a second."
    )

    @OptionGroup var configurationFile: ConfigurationOption

    @Argument(help: "The token's id: t-…")
    var id: String

    func run() async throws {
        guard let id = TokenID(id) else {
            throw ValidationError("\(id) is no token's id: it begins with t- and has 16 more characters")
        }
        try await OfflineStore.with(configurationFile.load()) { store, _ in
            try await store.revokeToken(id, by: .commandLine, at: SystemClock().now())
        }
    }
}
