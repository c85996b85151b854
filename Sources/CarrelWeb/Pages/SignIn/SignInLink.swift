import CarrelCore
import CarrelIdentity
import HTTPTypes
import Hummingbird

/// `GET /sign-in/link/<ticket>`: signs in once, and leads to the ticket's path.
enum SignInLink {
    static func use(_ call: Call) async throws -> Response {
        // Looking at it must not use it up: link checkers send HEAD.
        guard call.request.method == .get else { throw Refusal.otherMethods([.get]) }
        guard let ticket = call.parameters["ticket"], ticket.utf8.count <= 200 else {
            throw CarrelError(.unauthenticated, "This link is unknown, was used already or has expired.")
        }
        let (signedIn, path) = try await call.signIn.signIn(ticket: String(ticket))
        guard call.hub.listener == .users || call.signIn.isOperator(signedIn.user) else {
            try await call.signIn.signOut(signedIn.session.id, by: .user(signedIn.user.id))
            throw CarrelError(.forbidden, "This console is for operators.")
        }
        return call.enter(signedIn, path: SafeRedirect.path(path) ?? "/")
    }
}
