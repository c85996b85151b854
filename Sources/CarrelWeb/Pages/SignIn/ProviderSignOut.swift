import CarrelCore
import CarrelIdentity
import HTTPTypes
import Hummingbird

/// `POST /sign-in/<provider>/signed-out`: the provider itself says that somebody signed out there (OpenID Connect
/// Back-Channel Logout 1.0, section 2.5). Proved by the token's signature, so anybody may ask.
enum ProviderSignOut {
    static func hear(_ call: Call) async throws -> Response {
        guard let id = call.parameters["provider"].map(String.init), call.localProvider(id[...]) == nil else {
            throw SignInPage.noProvider
        }
        let fields = try await FormBody.fields(of: call.request)
        guard let token = fields["logout_token"] else {
            throw CarrelError(.invalid, "The field logout_token is missing.")
        }
        try await call.signIn.signedOut(at: id, token: token)
        return Response(status: .ok)
    }
}
