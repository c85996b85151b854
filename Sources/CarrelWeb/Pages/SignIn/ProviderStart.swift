import CarrelCore
import CarrelIdentity
import HTTPTypes
import Hummingbird

/// `GET /sign-in/<provider>`: leads to the provider's own sign-in page. For a local one: the form.
enum ProviderStart {
    static func show(_ call: Call) async throws -> Response {
        guard let id = call.parameters["provider"], call.localProvider(id) == nil,
            let provider = call.signIn.rules.providers.first(where: { $0.id == id })
        else { return try await SignInPage.show(call) }
        let next = call.queryValue("next").flatMap { SafeRedirect.path($0) }
        if call.caller.session != nil, call.hub.listener == .users || call.caller.isOperator {
            throw Redirect(to: SignInPage.destination(next, call))
        }
        // Link checkers send HEAD.
        guard call.request.method == .get else { throw Refusal.otherMethods([.get]) }
        guard let callback = ProviderCallback.address(provider.id, call) else {
            throw CarrelError(.invalid, "This address has no name that a provider could send you back to.")
        }
        let (browser, isNew) = call.formBinding()
        do {
            let address = try await call.signIn.begin(
                at: provider.id,
                callback: callback,
                next: next,
                browser: browser
            )
            var response = Redirect(to: address).response
            response.headers[.referrerPolicy] = "no-referrer"
            if isNew {
                response.headers[values: .setCookie].append(
                    SetCookie.line(call.cookieNames.formCookie, browser, lasts: nil, isSecure: call.isSecure)
                )
            }
            return response
        } catch let error as CarrelError {
            return try await ProviderFailure.answer(error, next: next, call)
        }
    }

    static func address(_ provider: String, next: String?) -> String {
        guard let next, next != "/" else { return "/sign-in/\(provider)" }
        return "/sign-in/\(provider)?next=" + PercentCoding.encoded(next)
    }
}
