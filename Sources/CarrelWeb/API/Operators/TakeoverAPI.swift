import Hummingbird

/// `POST /api/v1/takeover`, on the control socket only: a new `carrel serve --takeover` waits at its own socket in the
/// state directory. Answers before anything happens; the rest is said there.
enum TakeoverAPI {
    private struct View: Encodable { let notes: [String] }

    static func begin(_ call: Call) async throws -> Response {
        try await call.services.takeOver()
        return JSONResponse.make(View(notes: []))
    }
}
