import NIOCore

/// What the gateway says itself: only where neither a workspace nor the hub can.
struct GatewayAnswer {
    let status: Int
    let reason: StaticString
    /// Stable, for programs: the `code` of the problem document.
    let code: StaticString
    let sentence: StaticString
    var retryAfter: Int?
    var location: String?

    static let malformed = Self(400, "Bad Request", "invalid-request", "This request could not be read.")
    static let foreignOrigin = Self(403, "Forbidden", "forbidden", "A page from elsewhere may not do this.")
    static let method = Self(405, "Method Not Allowed", "invalid-request", "This method is not supported here.")
    static let nothingHere = Self(404, "Not Found", "not-found", "There is no such workspace, or it is not yours.")
    static let slow = Self(408, "Request Timeout", "timeout", "The request took too long to arrive.")
    static let body = Self(413, "Content Too Large", "invalid-request", "The request’s body is too large.")
    static let target = Self(414, "URI Too Long", "invalid-request", "The address is too long.")
    static let expectation = Self(417, "Expectation Failed", "invalid-request", "That expectation is not supported.")
    static let misdirected = Self(
        421,
        "Misdirected Request",
        "misdirected",
        "This name is none of those that Carrel answers to."
    )
    static let connections = Self(429, "Too Many Requests", "too-many-requests", "Too many connections are open.")
    static let fields = Self(431, "Request Header Fields Too Large", "invalid-request", "The headers are too large.")
    static let upstream = Self(502, "Bad Gateway", "app-failed", "The workspace did not answer properly.")
    static let hubUpstream = Self(502, "Bad Gateway", "internal", "Carrel did not answer properly.")
    static let busy = Self(503, "Service Unavailable", "too-many-requests", "Too many requests wait here.", after: 1)
    static let paused = Self(503, "Service Unavailable", "paused", "The workspace is paused.", after: 5)
    static let hubDown = Self(503, "Service Unavailable", "internal", "Carrel is not there at the moment.", after: 2)
    static let late = Self(504, "Gateway Timeout", "timeout", "The workspace took too long to answer.")
    static let hubLate = Self(504, "Gateway Timeout", "timeout", "Carrel took too long to answer.")
    static let version = Self(505, "HTTP Version Not Supported", "invalid-request", "Only HTTP/1.1 is spoken here.")

    init(_ status: Int, _ reason: StaticString, _ code: StaticString, _ sentence: StaticString, after: Int? = nil) {
        self.status = status
        self.reason = reason
        self.code = code
        self.sentence = sentence
        retryAfter = after
    }

    /// Elsewhere, with the same method.
    static func redirect(to location: String) -> Self {
        var answer = Self(307, "Temporary Redirect", "redirect", "It continues at another address.")
        answer.location = location
        return answer
    }

    init(_ refusal: RequestHead.Refusal) {
        switch refusal {
        case .malformed, .ambiguousFraming, .badTarget, .badHost: self = .malformed
        case .tooManyHeaders: self = .fields
        case .version: self = .version
        case .method: self = .method
        case .expectation: self = .expectation
        }
    }

    /// The whole response. A page where HTML is asked for, else a problem document (RFC 9457).
    /// `home`: where the page leads back to.
    func bytes(
        requestID: String,
        isHead: Bool,
        acceptsHTML: Bool,
        closes: Bool,
        added: [UInt8] = [],
        home: String = "/"
    ) -> ByteBuffer {
        let body = acceptsHTML ? page(requestID, home) : problem(requestID)
        var text = "HTTP/1.1 \(status) \(reason)\r\n"
        text += "Content-Type: \(acceptsHTML ? "text/html; charset=utf-8" : "application/problem+json")\r\n"
        text += "Content-Length: \(body.utf8.count)\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        text += "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
        if let retryAfter { text += "Retry-After: \(retryAfter)\r\n" }
        if let location { text += "Location: \(location)\r\n" }
        if status == 405 { text += "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n" }
        text += String(decoding: added, as: UTF8.self)
        if closes { text += "Connection: close\r\n" }
        text += "\r\n"
        return ByteBuffer(string: isHead ? text : text + body)
    }

    private func page(_ requestID: String, _ home: String) -> String {
        """
        <!doctype html><html lang="en"><meta charset="utf-8"><title>\(status) \(reason)</title>
        <h1>\(sentence)</h1><p>Request \(requestID)</p><p><a href="\(home)">Back to your workspaces</a></p></html>

        """
    }

    private func problem(_ requestID: String) -> String {
        """
        {"type":"about:blank","title":"\(reason)","status":\(status),"detail":"\(sentence)","code":"\(code)",\
        "requestId":"\(requestID)"}

        """
    }
}
