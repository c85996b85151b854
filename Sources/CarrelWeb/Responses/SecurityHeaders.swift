import CarrelCore
import HTTPTypes
import Hummingbird

/// What every answer of the hub carries.
enum SecurityHeaders {
    /// No inline script or style, nothing from elsewhere, in nobody's frame.
    static let contentSecurityPolicy =
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

    /// A form's answer may lead into a workspace, and browsers hold that to `form-action` too.
    static func contentSecurityPolicy(_ sites: WorkspaceSites) -> String {
        guard let workspaces = sites.policySource else { return contentSecurityPolicy }
        return contentSecurityPolicy.replacing("form-action 'self'", with: "form-action 'self' \(workspaces)")
    }

    static func add(to response: inout Response, requestID: String, sites: WorkspaceSites) {
        response.headers[.contentSecurityPolicy] = contentSecurityPolicy(sites)
        response.headers[.xContentTypeOptions] = "nosniff"
        // Where an address holds a secret, not even our own pages are told.
        if response.headers[.referrerPolicy] == nil { response.headers[.referrerPolicy] = "same-origin" }
        response.headers[.requestID] = requestID
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
    }
}
