import HTTPTypes
import Hummingbird

/// A problem document (RFC 9457).
struct Problem: Encodable, Sendable {
    let type: String
    let title: String
    let status: Int
    let detail: String
    let code: String
    let requestId: String
    private let headers: HTTPFields

    private enum CodingKeys: String, CodingKey { case type, title, status, detail, code, requestId }

    init(_ refusal: Refusal, requestID: String) {
        type = "urn:carrel:problem:\(refusal.code)"
        title = refusal.status.reasonPhrase
        status = refusal.status.code
        detail = refusal.message
        code = refusal.code
        requestId = requestID
        headers = refusal.headers
    }

    var response: Response {
        var response = JSONResponse.make(self, status: HTTPResponse.Status(code: status))
        for field in headers { response.headers[field.name] = field.value }
        response.headers[.contentType] = "application/problem+json"
        return response
    }
}
