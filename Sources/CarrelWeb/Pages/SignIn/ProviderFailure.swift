import CarrelCore
import HTTPTypes
import Hummingbird
import Logging

/// A sign-in at a provider that failed: a safe sentence on the sign-in page, the cause in the log, and one number on
/// both.
enum ProviderFailure {
    static func answer(_ error: CarrelError, next: String?, _ call: Call) async throws -> Response {
        call.hub.logger.notice(
            "sign-in failed",
            metadata: [
                "request": "\(call.requestID)", "provider": "\(call.parameters["provider"] ?? "")",
                "client": "\(call.client)", "error": "\(error.description)",
            ]
        )
        guard Navigation(call.request.head).wantsPage else { throw error }
        var response = await SignInPage.render(
            call,
            next: next,
            error: error.message,
            showsRequestID: true,
            status: Refusal(error).status
        )
        // The address still holds what the provider sent.
        response.headers[.referrerPolicy] = "no-referrer"
        return response
    }
}
