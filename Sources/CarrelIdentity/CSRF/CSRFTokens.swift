public import CarrelCore
import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a CSRF token is bound to. The two kinds never mean each other, whatever a visitor's cookie says: a session's
/// id is no secret, and a page could otherwise ask for a token in its name.
public enum CSRFBinding: Hashable, Sendable {
    case session(SessionID)
    /// The random value of the cookie `CookieNames.visitor`.
    case visitor(String)

    /// What to hand to `SignInService.csrfToken(for:)`.
    public var text: String {
        switch self {
        case .session(let id): "session \(id)"
        case .visitor(let value): "visitor \(value)"
        }
    }
}

/// HMAC over the binding. In pages it is masked with fresh random bytes, so that compression does not reveal it from
/// answer to answer (the BREACH attack).
struct CSRFTokens: Sendable {
    let key: SymmetricKey

    func plain(for binding: String) -> String { UnpaddedBase64.encode(code(binding)) }

    /// `mask` is 32 random bytes, used once.
    func masked(for binding: String, mask: [UInt8]) -> String {
        UnpaddedBase64.encode(mask + zip(code(binding), mask).map { $0 ^ $1 })
    }

    /// Accepts both forms; compares in constant time.
    func accepts(_ token: String, for binding: String) -> Bool {
        guard token.utf8.count <= 86, let bytes = UnpaddedBase64.decode(token) else { return false }
        let code: [UInt8]
        switch bytes.count {
        case 32: code = bytes
        case 64: code = zip(bytes.prefix(32), bytes.suffix(32)).map { $0 ^ $1 }
        default: return false
        }
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Data(binding.utf8), using: key)
    }

    private func code(_ binding: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Data(binding.utf8), using: key))
    }
}
