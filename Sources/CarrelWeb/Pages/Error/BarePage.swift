import HTTPTypes
import Hummingbird

/// What went wrong, on a workspace's own name, where nothing of the hub's is: no style, no script, no form.
enum BarePage {
    static func render(_ refusal: Refusal, _ call: Call) -> Response {
        var response = TextResponse.make(
            """
            <!doctype html><html lang="en"><meta charset="utf-8"><title>\(refusal.status.reasonPhrase)</title>
            <h1>\(escaped(refusal.message))</h1><p>Request \(call.requestID)</p>
            <p><a href="\(escaped(call.hubOrigin))/">To the start page</a></p></html>

            """,
            type: "text/html; charset=utf-8",
            status: refusal.status
        )
        for field in refusal.headers { response.headers[field.name] = field.value }
        return response
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
    }
}
