import CarrelCore
import CarrelTesting
import Logging
import Synchronization
import Testing

@testable import CarrelIdentity

/// Sign-in at scripted providers, over a store in memory, with a clock that moves by hand.
struct ProviderFixture {
    static let origin = "https://work.example.org"
    static let browser = "form-aaaaaaaaaaaaaaaaaaaaaaaaaa"

    let store = MemoryIdentityStore()
    let clock: VirtualClock
    let provider: ScriptedProvider
    /// Another one, if a test wants two: `second`.
    let second: ScriptedProvider
    let signIn: SignIn
    /// Everything that was logged.
    let log: LogLines
    let rules: SignInRules

    /// `company` is of `kind`, and asked through `http`, if given.
    init(
        kind: String = "oidc",
        remote: RemoteProvider? = nil,
        operators: AccessRule = AccessRule(),
        apps: [AppID: AccessRule] = [:],
        http: (any ProviderHTTP)? = nil
    ) async throws {
        clock = VirtualClock()
        provider = ScriptedProvider(clock: clock)
        second = ScriptedProvider(issuer: "https://second.example.org", clock: clock)
        rules = SignInRules(
            sessionLifetime: .seconds(12 * 3600),
            providers: [
                SignInRules.Provider(
                    id: "company",
                    kind: kind,
                    title: "Company account",
                    remote: remote ?? Self.remote()
                ),
                SignInRules.Provider(
                    id: "second",
                    kind: "oidc",
                    title: "Second",
                    remote: Self.remote(issuer: "https://second.example.org")
                ),
                SignInRules.Provider(id: "here", kind: "local", title: "Here"),
            ],
            operators: operators,
            apps: apps
        )
        let lines = LogLines()
        log = lines
        signIn = SignIn(
            store: store,
            rules: rules,
            keys: try #require(SigningKeys(secret: Array(0..<32))),
            deployment: "main",
            listener: "users",
            clock: clock,
            random: SeededRandom(seed: 3),
            hasher: PasswordHasher(cost: ScryptCost(logRounds: 4)),
            http: http ?? TwoProviders(first: provider, second: second),
            logger: Logger(label: "test") { _ in lines }
        )
        try await signIn.refresh()
    }

    static func remote(
        issuer: String = "https://id.example.org",
        allow: AllowRule? = nil,
        recheck: Duration = .seconds(900)
    ) -> RemoteProvider {
        RemoteProvider(
            issuer: issuer,
            clientID: "carrel",
            clientSecret: Secret("canary-client-secret"),
            allow: allow,
            recheck: recheck
        )
    }

    static func callback(_ provider: String = "company") -> String { "\(origin)/sign-in/\(provider)/callback" }

    func begin(_ provider: String = "company", next: String? = nil, browser: String = Self.browser) async throws
        -> String
    {
        try await signIn.begin(at: provider, callback: Self.callback(provider), next: next, browser: browser)
    }

    func finish(
        _ answer: AuthorizationAnswer,
        at provider: String = "company",
        browser: String? = Self.browser
    ) async throws -> (SignedIn, next: String?) {
        try await signIn.finish(at: provider, answer, callback: Self.callback(provider), browser: browser)
    }

    /// The whole way.
    @discardableResult
    func enter(_ subject: String = "ada") async throws -> SignedIn {
        try await finish(provider.visit(try await begin(), as: subject)).0
    }

    /// The error that the body throws; anything else fails the test.
    func refusal(_ body: () async throws -> Void) async throws -> CarrelError {
        do { try await body() } catch let error as CarrelError { return error }
        throw SignInFixture.Unrefused()
    }

    func isSignedIn(_ signedIn: SignedIn) -> Bool { signIn.authorize(.cookie(signedIn.cookie)) != nil }

    /// Long enough for everybody to have been asked about once.
    func recheck() async {
        clock.advance(by: .seconds(900))
        await signIn.recheckDue(at: "company")
    }
}

/// Two providers behind one way out.
struct TwoProviders: ProviderHTTP {
    let first: ScriptedProvider
    let second: ScriptedProvider

    func send(_ request: ProviderRequest) async throws(ProviderFault) -> ProviderResponse {
        let issuer = second.state.withLock { $0.issuer }
        return try await request.url.hasPrefix(issuer) ? second.send(request) : first.send(request)
    }
}

/// A log in memory.
final class LogLines: LogHandler {
    private let lines = Mutex<[String]>([])
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    var text: String { lines.withLock { $0.joined(separator: "\n") } }

    func log(event: LogEvent) {
        let more = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        lines.withLock { $0.append(([event.level.rawValue, "\(event.message)"] + more).joined(separator: " ")) }
    }
}
