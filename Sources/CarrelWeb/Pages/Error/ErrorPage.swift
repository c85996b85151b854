import HTTPTypes
import Hummingbird

/// What went wrong, in a safe sentence, with a request id and a way back.
enum ErrorPage {
    private struct Data {
        let heading: String
        let sentence: String
        let requestID: String
        let signIn: Bool
    }

    static func render(_ refusal: Refusal, _ call: Call) -> Response {
        let heading = heading(refusal.status)
        let data = Data(
            heading: heading,
            sentence: refusal.message,
            requestID: call.requestID,
            signIn: refusal.status == .unauthorized
        )
        var response = Layout(heading).response(call.hub.pages.error, data, call, status: refusal.status)
        for field in refusal.headers { response.headers[field.name] = field.value }
        return response
    }

    private static func heading(_ status: HTTPResponse.Status) -> String {
        switch status.code {
        case 401: "Please sign in"
        case 403: "Not allowed"
        case 404: "Nothing here"
        case 409: "That does not go now"
        case 429: "A moment, please"
        case 502, 503: "Not available right now"
        case 500...: "Something went wrong"
        default: "That did not work"
        }
    }

    static let template = """
        <section class="card narrow">
        <h1>{{heading}}</h1>
        <p class="lead">{{sentence}}</p>
        <p class="actions">{{#signIn}}<a class="button primary" href="/sign-in">Sign in</a>{{/signIn}}{{^signIn}}<a
        class="button primary" href="/">Back to the start page</a>{{/signIn}}</p>
        <p class="small">If you ask for help, give this number: <code>{{requestID}}</code></p>
        </section>
        """
}
