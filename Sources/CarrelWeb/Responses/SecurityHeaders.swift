import HTTPTypes
import Hummingbird

/// What every answer of the hub carries.
enum SecurityHeaders {
    /// No inline script or style, nothing from elsewhere, in nobody's frame.
    static let contentSecurityPolicy =
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

    static func add(to response: inout Response, requestID: String) {
        response.headers[.contentSecurityPolicy] = contentSecurityPolicy
        response.headers[.xContentTypeOptions] = "nosniff"
        // Where an address holds a secret, not even our own pages are told.
        if response.headers[.referrerPolicy] == nil { response.headers[.referrerPolicy] = "same-origin" }
        response.headers[.requestID] = requestID
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
    }
}
