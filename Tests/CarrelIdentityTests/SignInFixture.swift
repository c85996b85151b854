import CarrelCore
import CarrelTesting
import Logging
import Testing

@testable import CarrelIdentity

/// A service over a store in memory, with a clock that moves by hand and passwords that are cheap to hash.
struct SignInFixture {
    let store = MemoryIdentityStore()
    let clock = VirtualClock()
    let signIn: SignIn

    static let providers = [
        SignInRules.Provider(id: "here", kind: "local", title: "Local account"),
        SignInRules.Provider(id: "company", kind: "gitlab", title: "Company account"),
    ]

    init(
        operators: AccessRule = AccessRule(),
        poolProvider: String? = nil,
        cost: ScryptCost = ScryptCost(logRounds: 4)
    ) async throws {
        signIn = SignIn(
            store: store,
            rules: SignInRules(
                sessionLifetime: .seconds(12 * 3600),
                providers: Self.providers,
                operators: operators,
                poolProvider: poolProvider
            ),
            keys: try #require(SigningKeys(secret: Array(0..<32))),
            deployment: "main",
            listener: "users",
            clock: clock,
            random: SeededRandom(seed: 1),
            hasher: PasswordHasher(cost: cost),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try await signIn.refresh()
    }

    @discardableResult
    func account(_ name: String, isOperator: Bool = false) async throws -> User {
        try await signIn.addAccount(
            provider: "here",
            name: name,
            password: "correct horse",
            isOperator: isOperator,
            by: .commandLine
        )
    }

    func enter(_ name: String, _ password: String = "correct horse", client: String = "192.0.2.1") async throws
        -> SignedIn
    {
        try await signIn.signIn(provider: "here", name: name, password: password, client: client)
    }

    /// The error that the body throws; anything else fails the test.
    func refusal(_ body: () async throws -> Void) async throws -> CarrelError {
        do {
            try await body()
        } catch let error as CarrelError {
            return error
        }
        throw Unrefused()
    }

    /// What should have been refused was done.
    struct Unrefused: Error {}
}
