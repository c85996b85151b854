import CarrelCore
import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One sign-in under way at a provider. It is remembered nowhere but in `state`, which travels to the provider and
/// back: sealed, and opened only for the browser that it was made for. Nonce and PKCE verifier never travel: they are
/// derived anew.
struct SignInFlow: Hashable, Sendable {
    /// How long signing in at the provider may take.
    static let lifetime: Duration = .seconds(600)
    static let longestState = 6000

    let id: String
    let provider: String
    let expires: Timestamp
    /// To where the provider sends the browser back.
    let callback: String
    /// Where signing in leads, as `SafeRedirect` wrote it.
    let next: String?
    let nonce: String
    /// 43 characters (RFC 7636, section 4.1).
    let verifier: String
    let state: String

    /// `browser` is what only this browser holds; `audience` the deployment and listener. Nil if something holds a line
    /// break, which no caller lets through.
    init?(
        provider: String,
        callback: String,
        next: String?,
        browser: String,
        audience: String,
        id: String,
        now: Timestamp,
        keys: SigningKeys
    ) {
        let expires = now + Self.lifetime
        let parts = [id, provider, "\(expires.milliseconds)", callback, next ?? ""]
        guard !parts.contains(where: { $0.utf8.contains(10) }),
            let state = SealedText(key: keys.flows)
                .seal(parts.joined(separator: "\n").utf8, for: Self.purpose(audience, browser))
        else { return nil }
        self.init(parts: parts, expires: expires, state: state, browser: browser, keys: keys)
    }

    /// Nil unless `state` was made for this browser and listener, and is not too old.
    init?(opening state: String, browser: String, audience: String, now: Timestamp, keys: SigningKeys) {
        guard state.utf8.count <= Self.longestState,
            let bytes = SealedText(key: keys.flows).open(state, for: Self.purpose(audience, browser)),
            let text = String(validating: bytes, as: UTF8.self)
        else { return nil }
        let parts = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5, let milliseconds = Int64(parts[2]) else { return nil }
        let expires = Timestamp(milliseconds: milliseconds)
        guard expires > now else { return nil }
        self.init(parts: parts, expires: expires, state: state, browser: browser, keys: keys)
    }

    private init(parts: [String], expires: Timestamp, state: String, browser: String, keys: SigningKeys) {
        id = parts[0]
        provider = parts[1]
        callback = parts[3]
        next = parts[4].isEmpty ? nil : parts[4]
        self.expires = expires
        self.state = state
        func derived(_ purpose: String) -> String {
            let message = Data("\(purpose)\n\(parts[0])\n\(browser)".utf8)
            return UnpaddedBase64.encode(HMAC<SHA256>.authenticationCode(for: message, using: keys.flowProofs))
        }
        nonce = derived("nonce")
        verifier = derived("verifier")
    }

    private static func purpose(_ audience: String, _ browser: String) -> String { "\(audience)\n\(browser)" }
}

/// Sign-ins that came back, so that none comes back twice. Bounded; what would have expired is forgotten.
struct FinishedFlows: Sendable {
    private let capacity: Int
    private var expiries: [String: Timestamp] = [:]

    init(capacity: Int = 100_000) { self.capacity = capacity }

    /// False: it came back before, or so many did that nobody can say.
    mutating func finish(_ id: String, expires: Timestamp, now: Timestamp) -> Bool {
        if expiries.count >= capacity { expiries = expiries.filter { $0.value > now } }
        guard expiries.count < capacity, expiries[id] == nil else { return false }
        expiries[id] = expires
        return true
    }
}
