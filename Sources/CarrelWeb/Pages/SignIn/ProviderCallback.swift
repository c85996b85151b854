import CarrelCore
import CarrelIdentity
import HTTPTypes
import Hummingbird

/// `GET /sign-in/<provider>/callback`: a browser comes back from its provider.
enum ProviderCallback {
    /// Longest query that is looked at, in bytes.
    private static let longestQuery = 12_288

    static func answer(_ call: Call) async throws -> Response {
        guard call.request.method == .get else { throw Refusal.otherMethods([.get]) }
        guard let id = call.parameters["provider"].map(String.init), call.localProvider(id[...]) == nil,
            let callback = address(id, call)
        else { throw SignInPage.noProvider }
        do {
            guard (call.query?.utf8.count ?? 0) <= longestQuery, let answer = answer(in: call.query ?? "") else {
                throw CarrelError(.unauthenticated, "The provider's answer could not be read. Please try again.")
            }
            let (signedIn, next) = try await call.signIn.finish(
                at: id,
                answer,
                callback: callback,
                browser: call.sentFormBinding()
            )
            guard call.hub.listener == .users || call.signIn.isOperator(signedIn.user) else {
                try await call.signIn.signOut(signedIn.session.id, by: .user(signedIn.user.id))
                throw CarrelError(.forbidden, "This console is for operators.")
            }
            // Another tab may be on its way back, too: the browser keeps what it is known by.
            var response = call.enter(
                signedIn,
                path: SignInPage.destination(next, call),
                keepsFormBinding: true
            )
            response.headers[.referrerPolicy] = "no-referrer"
            return response
        } catch let error as CarrelError {
            return try await ProviderFailure.answer(error, next: nil, call)
        }
    }

    /// Nil where something is there twice (RFC 6749, section 3.1): two readers could take different ones.
    private static func answer(in query: Substring) -> AuthorizationAnswer? {
        let fields = FormBody.all(in: query)
        func only(_ name: String) -> String?? {
            let values = fields.filter { $0.0 == name }.map(\.1)
            return values.count > 1 ? .none : .some(values.first)
        }
        guard let code = only("code"), let state = only("state"), let issuer = only("iss"), let error = only("error"),
            let description = only("error_description")
        else { return nil }
        return AuthorizationAnswer(
            code: code,
            state: state,
            issuer: issuer,
            error: error,
            errorDescription: description
        )
    }

    /// What has to be entered at the provider: to the letter, and one for each provider.
    static func address(_ provider: String, _ call: Call) -> String? {
        call.ownOrigin.map { "\($0)/sign-in/\(provider)/callback" }
    }
}
