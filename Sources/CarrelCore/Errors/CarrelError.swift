/// What went wrong, told twice: a safe sentence for whoever asked, and the cause for the operator.
public struct CarrelError: Error, Sendable {
    /// Stable names that programs may rely on: the `code` of a problem document.
    public enum Code: String, Sendable, CaseIterable {
        /// No such thing, or not for this member: the two are told apart to nobody.
        case notFound = "not-found"
        case unauthenticated
        case forbidden
        case invalid = "invalid-request"
        case conflict
        /// The member has as many living workspaces of the app as it allows.
        case limitReached = "limit-reached"
        /// The member's home holds as much as it may.
        case homeFull = "home-full"
        case tooManyRequests = "too-many-requests"
        /// The app has no room and does not queue this kind of request.
        case poolFull = "pool-full"
        case unsupported
        case engineFailed = "engine-failed"
        /// The app's command or image is missing, exits at once or never listens.
        case appFailed = "app-failed"
        /// A provider of identities does not answer, or not as it should.
        case providerFailed = "provider-failed"
        case storeNewer = "store-newer"
        case storeDamaged = "store-damaged"
        case storeFailed = "store-failed"
        case configuration
        case `internal`
    }

    public let code: Code
    /// A sentence that a member may read: no paths, no secrets, no other member's names.
    public let message: String
    /// What an operator needs to know beyond `message`. Goes to the log, never to a member.
    public let detail: String?
    public let cause: (any Error)?

    public init(_ code: Code, _ message: String, detail: String? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.detail = detail
        self.cause = cause
    }
}

extension CarrelError: CustomStringConvertible {
    /// The whole story in one line, for the log.
    public var description: String {
        var text = "\(code.rawValue): \(message)"
        if let detail { text += " (\(detail))" }
        if let cause { text += ": \(cause)" }
        return text
    }
}
