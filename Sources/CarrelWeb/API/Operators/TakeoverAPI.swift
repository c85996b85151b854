import CarrelCore
import Hummingbird

/// `POST /api/v1/takeover?pid=N`, on the control socket only: a new `carrel serve --takeover` waits at its own socket in the
/// state directory. Answers before anything happens; the rest is said there.
enum TakeoverAPI {
    private struct View: Encodable { let notes: [String] }

    static func begin(_ call: Call) async throws -> Response {
        guard let pid = Int32(exactly: try call.queryNumber("pid", in: 1...Int64(Int32.max), otherwise: 0)), pid > 0
        else {
            throw CarrelError(.invalid, "pid must say which process wants to take over.")
        }
        try await call.services.takeOver(pid)
        return JSONResponse.make(View(notes: []))
    }
}
