import CarrelCore
import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the cookie on a workspace's own name says, and its one spelling:
/// `1.ws-….s-….u-….issued.expires.signature`, times in milliseconds, the signature HMAC-SHA256 over all before it and
/// the deployment, with a key of its own: the hub's session cookie is none of these, and none of these is one of those.
struct WorkspaceCookie: Hashable, Sendable {
    var workspace: WorkspaceID
    /// Ends with this session, which is the hub's.
    var session: SessionID
    var user: UserID
    /// Both as the session's.
    var issued: Timestamp
    var expires: Timestamp

    /// Longer texts are refused unread.
    static let longest = 192

    func signed(for deployment: String, with key: SymmetricKey) -> String {
        let body = "1.\(workspace).\(session).\(user).\(issued.milliseconds).\(expires.milliseconds)"
        let signature = HMAC<SHA256>.authenticationCode(for: Self.message(body, deployment), using: key)
        return body + "." + UnpaddedBase64.encode(signature)
    }

    /// Nil unless it was signed for this deployment with this key. Says nothing about expiry.
    static func verified(_ text: String, for deployment: String, with key: SymmetricKey) -> Self? {
        guard text.utf8.count <= longest, let dot = text.utf8.lastIndex(of: 46),
            let signature = UnpaddedBase64.decode(text[text.utf8.index(after: dot)...])
        else { return nil }
        let body = text[..<dot]
        // Compares in constant time.
        guard
            HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: message(body, deployment), using: key)
        else { return nil }
        let parts = body.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "1", let workspace = WorkspaceID(parts[1]),
            let session = SessionID(parts[2]), let user = UserID(parts[3]), let issued = Int64(parts[4]),
            let expires = Int64(parts[5])
        else { return nil }
        return Self(
            workspace: workspace,
            session: session,
            user: user,
            issued: Timestamp(milliseconds: issued),
            expires: Timestamp(milliseconds: expires)
        )
    }

    private static func message(_ body: some StringProtocol, _ deployment: String) -> Data {
        // The body holds no line break, so no two pairs of body and deployment make the same message.
        Data("\(body)\n\(deployment)".utf8)
    }
}
