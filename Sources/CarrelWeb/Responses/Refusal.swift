import CarrelCore
import HTTPTypes
import Hummingbird

/// A request that is refused as HTTP says, beyond what `CarrelError` tells.
struct Refusal: Error, Sendable {
    let status: HTTPResponse.Status
    /// The `code` of the problem document.
    let code: String
    /// A safe sentence.
    let message: String
    var headers: HTTPFields

    init(_ status: HTTPResponse.Status, _ code: String, _ message: String, headers: HTTPFields = [:]) {
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers
    }

    static func otherMethods(_ methods: [HTTPRequest.Method]) -> Self {
        let names = Set(methods.map(\.rawValue) + (methods.contains(.get) ? ["HEAD"] : []))
        return Self(
            .methodNotAllowed,
            "method-not-allowed",
            "This address does not take that method.",
            headers: [.allow: names.sorted().joined(separator: ", ")]
        )
    }

    /// `CarrelError` in HTTP's words.
    init(_ error: CarrelError) {
        self.init(Self.status(error.code), error.code.rawValue, error.message)
        switch error.code {
        case .unauthenticated: headers[.wwwAuthenticate] = "Bearer"
        case .tooManyRequests: headers[.retryAfter] = "60"
        case .poolFull, .engineFailed, .storeFailed, .providerFailed: headers[.retryAfter] = "10"
        default: break
        }
    }

    private static func status(_ code: CarrelError.Code) -> HTTPResponse.Status {
        switch code {
        case .notFound: .notFound
        case .unauthenticated: .unauthorized
        case .forbidden: .forbidden
        case .invalid: .badRequest
        case .conflict, .limitReached, .homeFull, .unsupported: .conflict
        case .tooManyRequests: .tooManyRequests
        case .poolFull, .engineFailed, .storeFailed, .providerFailed: .serviceUnavailable
        case .appFailed: .badGateway
        case .configuration: .unprocessableContent
        case .storeNewer, .storeDamaged, .internal: .internalServerError
        }
    }
}

/// Sends the browser elsewhere with 303, from wherever that is found out.
struct Redirect: Error, Sendable {
    let location: String
    var headers: HTTPFields

    init(to location: String, headers: HTTPFields = [:]) {
        self.location = location
        self.headers = headers
    }

    var response: Response {
        var headers = headers
        headers[.location] = location
        return Response(status: .seeOther, headers: headers)
    }
}
