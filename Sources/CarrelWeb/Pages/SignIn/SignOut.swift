import CarrelIdentity
import HTTPTypes
import Hummingbird

/// `POST /sign-out`: the session ends everywhere.
enum SignOut {
    static func submit(_ call: Call) async throws -> Response {
        if let session = call.caller.session { try await call.signIn.signOut(session, by: call.caller.actor) }
        var response = Redirect(to: "/sign-in").response
        response.headers[values: .setCookie] = [
            SetCookie.line(call.cookieNames.sessionCookie, "", lasts: .zero, isSecure: call.isSecure)
        ]
        return response
    }
}
