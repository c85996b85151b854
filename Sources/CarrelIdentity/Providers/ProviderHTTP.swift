/// One request to a provider.
public struct ProviderRequest: Sendable {
    /// `GET` or, with a body, `POST`.
    public var url: String
    public var headers: [(name: String, value: String)]
    /// `application/x-www-form-urlencoded`.
    public var form: String?
    /// For the whole answer.
    public var timeout: Duration

    public init(
        url: String,
        headers: [(name: String, value: String)] = [],
        form: String? = nil,
        timeout: Duration = .seconds(10)
    ) {
        self.url = url
        self.headers = headers
        self.form = form
        self.timeout = timeout
    }
}

public struct ProviderResponse: Sendable {
    public var status: Int
    /// The value of `Content-Type`.
    public var contentType: String?
    /// The value of `Link` (RFC 8288).
    public var link: String?
    public var body: [UInt8]

    public init(status: Int, contentType: String? = nil, link: String? = nil, body: [UInt8] = []) {
        self.status = status
        self.contentType = contentType
        self.link = link
        self.body = body
    }
}

/// The way to a provider. Follows no redirect and verifies certificates; an answer beyond `ProviderLimits.answer`, or
/// one that takes longer than the request's `timeout`, is an `unavailable` fault.
public protocol ProviderHTTP: Sendable {
    func send(_ request: ProviderRequest) async throws(ProviderFault) -> ProviderResponse
}

/// Bounds of what a provider may say.
public enum ProviderLimits {
    /// Bytes of an answer.
    public static let answer = 1 << 20
    /// Bytes of an ID or logout token.
    static let token = 1 << 16
    /// Keys of a key set that are looked at.
    static let keys = 64
    /// Groups of one member; further ones, in the order of their names, don't count.
    static let groups = 1000
    /// Characters of a group's name; longer ones don't count.
    static let groupName = 200
    /// Characters of a member's name to show.
    static let displayName = 120
}

/// Where a request to a provider may go.
enum ProviderAddress {
    /// Whether it is an https address without user, fragment and control characters; or http on this machine's own
    /// loopback address.
    static func isSafe(_ text: String) -> Bool {
        guard text.utf8.count <= 2000, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }), !text.contains("#"),
            !text.contains("\\")
        else { return false }
        let rest: Substring
        let isPlain: Bool
        if text.hasPrefix("https://") {
            (rest, isPlain) = (text.dropFirst("https://".count), false)
        } else if text.hasPrefix("http://") {
            (rest, isPlain) = (text.dropFirst("http://".count), true)
        } else {
            return false
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.isEmpty, !authority.contains("@") else { return false }
        guard isPlain else { return true }
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        return ["127.0.0.1", "localhost", "[::1]"].contains(String(host))
    }
}
