import HTTPTypes
import Hummingbird
import NIOCore

/// Plain text and everything else that is a string.
enum TextResponse {
    static func make(
        _ text: String,
        type: String = "text/plain; charset=utf-8",
        status: HTTPResponse.Status = .ok
    ) -> Response {
        Response(
            status: status,
            headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }
}
