import CarrelCore
import CarrelIdentity
import CarrelWorkspaces
import HTTPTypes
import Hummingbird

/// `POST /sign-in/<provider>`: name and password of a local account.
enum SignInForm {
    static func submit(_ call: Call) async throws -> Response {
        guard let provider = call.parameters["provider"].flatMap({ call.localProvider($0) }) else {
            throw SignInPage.noProvider
        }
        let fields = try await FormBody.fields(of: call.request)
        let next = fields["next"].flatMap { SafeRedirect.path($0) }
        let name = String((fields["username"] ?? "").prefix(200))
        guard isOurs(fields["csrf"], call) else {
            return await SignInPage.render(
                call,
                next: next,
                username: name,
                error: "This page was open for too long. Please try again.",
                status: .forbidden
            )
        }
        do {
            let signedIn = try await call.signIn.signIn(
                provider: provider.id,
                name: name,
                password: fields["password"] ?? "",
                client: call.client
            )
            guard call.hub.listener == .users || call.signIn.isOperator(signedIn.user) else {
                try await call.signIn.signOut(signedIn.session.id, by: .user(signedIn.user.id))
                throw CarrelError(.forbidden, "This console is for operators.")
            }
            return call.enter(signedIn, path: SignInPage.destination(next, call))
        } catch let error as CarrelError
            where error.code == .unauthenticated || error.code == .tooManyRequests || error.code == .forbidden
        {
            guard Navigation(call.request.head).wantsPage else { throw error }
            return await SignInPage.render(
                call,
                next: next,
                username: name,
                error: error.message,
                status: Refusal(error).status
            )
        }
    }

    /// Sent by a form of ours, in this browser.
    private static func isOurs(_ csrf: String?, _ call: Call) -> Bool {
        if let site = call.request.headers[.secFetchSite], site != "same-origin", site != "none" { return false }
        guard let csrf, let binding = call.sentFormBinding() else { return false }
        return call.signIn.isCSRFToken(csrf, for: binding)
    }
}

extension Call {
    /// Sets the session's cookie and leads on.
    func enter(_ signedIn: SignedIn, path: String, keepsFormBinding: Bool = false) -> Response {
        workspaces.expect(signedIn.user)
        var response = Redirect(to: path).response
        var cookies = [
            SetCookie.line(
                cookieNames.sessionCookie,
                signedIn.cookie,
                lasts: signedIn.session.expiresAt - now,
                isSecure: isSecure
            )
        ]
        if !keepsFormBinding {
            cookies.append(SetCookie.line(cookieNames.formCookie, "", lasts: .zero, isSecure: isSecure))
        }
        response.headers[values: .setCookie] = cookies
        return response
    }
}
