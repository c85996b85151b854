import CarrelCore
import Synchronization

/// The providers that are configured and not `local`. One whose settings stay as they are keeps what it knows.
final class Providers: Sendable {
    private struct Entry: Sendable {
        let rule: SignInRules.Provider
        let provider: any IdentityProvider
    }

    private let http: any ProviderHTTP
    private let clock: any WallClock
    private let entries = Mutex<[String: Entry]>([:])

    init(http: any ProviderHTTP, clock: any WallClock) {
        self.http = http
        self.clock = clock
    }

    func apply(_ rules: [SignInRules.Provider]) {
        entries.withLock { entries in
            var next: [String: Entry] = [:]
            for rule in rules {
                if let old = entries[rule.id], old.rule == rule {
                    next[rule.id] = old
                } else if let provider = make(rule) {
                    next[rule.id] = Entry(rule: rule, provider: provider)
                }
            }
            entries = next
        }
    }

    subscript(id: String) -> (rule: SignInRules.Provider, provider: any IdentityProvider)? {
        entries.withLock { $0[id] }.map { ($0.rule, $0.provider) }
    }

    var ids: [String] { entries.withLock { $0.keys.sorted() } }

    private func make(_ rule: SignInRules.Provider) -> (any IdentityProvider)? {
        guard let remote = rule.remote, let profile = ProviderProfile(kind: rule.kind, remote) else { return nil }
        let calls = ProviderCalls(http: http)
        return OpenIDProvider(profile, remote, calls: calls, clock: clock)
            ?? OAuthProvider(profile, remote, calls: calls, clock: clock)
    }
}

/// For processes that ask no provider anything: the command line.
public struct NoProviderHTTP: ProviderHTTP {
    public init() {}

    public func send(_ request: ProviderRequest) async throws(ProviderFault) -> ProviderResponse {
        throw ProviderFault(.unavailable, "this process asks no providers")
    }
}
