import CarrelCore
import CarrelIdentity
import HTTPTypes
import Hummingbird

/// `POST /sign-out`: the session ends everywhere, and the browser goes on to where it signs out at its provider.
enum SignOut {
    private struct Data {
        let address: String
    }

    static func submit(_ call: Call) async throws -> Response {
        var elsewhere: String?
        if let session = call.caller.session {
            if let back = call.ownOrigin.map({ "\($0)/sign-in" }) {
                elsewhere = await call.signIn.signOutAddress(of: session, back: back)
            }
            try await call.signIn.signOut(session, by: call.caller.actor)
        }
        var response = elsewhere.map { page(leadingTo: $0, call) } ?? Redirect(to: "/sign-in").response
        response.headers[values: .setCookie] = [
            SetCookie.line(call.cookieNames.sessionCookie, "", lasts: .zero, isSecure: call.isSecure)
        ]
        return response
    }

    /// A page and not a redirect: browsers don't let a form's answer lead to another site (`form-action`).
    private static func page(leadingTo address: String, _ call: Call) -> Response {
        var response = Layout("Signed out", isSignedOut: true)
            .response(call.hub.pages.signedOut, Data(address: address), call)
        response.headers[.refresh] = "0; url=\(address)"
        response.headers[.referrerPolicy] = "no-referrer"
        return response
    }

    static let template = """
        <section class="card narrow">
        <h1>Signed out</h1>
        <p class="lead">You are signed out here.</p>
        <p class="actions"><a class="button primary" href="{{address}}">Sign out there as well</a></p>
        <p class="small"><a href="/sign-in">Sign in again</a></p>
        </section>
        """
}
