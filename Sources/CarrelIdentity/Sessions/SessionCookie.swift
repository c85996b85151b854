import CarrelCore
import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the session cookie says, and its one spelling: `1.s-….u-….issued.expires.signature`, times in milliseconds,
/// the signature HMAC-SHA256 over all before it and the audience. Verified without asking anyone.
struct SessionCookie: Hashable, Sendable {
    var session: SessionID
    var user: UserID
    var issued: Timestamp
    var expires: Timestamp

    /// Longer texts are refused unread.
    static let longest = 160

    /// `audience` is the deployment and listener that it is good for; part of what is signed.
    func signed(for audience: String, with key: SymmetricKey) -> String {
        let body = "1.\(session).\(user).\(issued.milliseconds).\(expires.milliseconds)"
        let signature = HMAC<SHA256>.authenticationCode(for: Self.message(body, audience), using: key)
        return body + "." + UnpaddedBase64.encode(signature)
    }

    /// Nil unless it was signed for this audience with this key. Says nothing about expiry.
    static func verified(_ text: String, for audience: String, with key: SymmetricKey) -> Self? {
        guard text.utf8.count <= longest, let dot = text.utf8.lastIndex(of: 46),
            let signature = UnpaddedBase64.decode(text[text.utf8.index(after: dot)...])
        else { return nil }
        let body = text[..<dot]
        // Compares in constant time.
        guard
            HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: message(body, audience), using: key)
        else { return nil }
        let parts = body.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "1", let session = SessionID(parts[1]), let user = UserID(parts[2]),
            let issued = Int64(parts[3]), let expires = Int64(parts[4])
        else { return nil }
        return Self(
            session: session,
            user: user,
            issued: Timestamp(milliseconds: issued),
            expires: Timestamp(milliseconds: expires)
        )
    }

    private static func message(_ body: some StringProtocol, _ audience: String) -> Data {
        // The body holds no line break, so no two pairs of body and audience make the same message.
        var data = Data(body.utf8)
        data.append(10)
        data.append(contentsOf: audience.utf8)
        return data
    }
}
