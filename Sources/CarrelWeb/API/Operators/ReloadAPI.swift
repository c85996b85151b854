import Hummingbird

/// `POST /api/v1/reload`: applies the changed configuration file, or changes nothing and says why.
enum ReloadAPI {
    private struct View: Encodable { let notes: [String] }

    static func reload(_ call: Call) async throws -> Response {
        JSONResponse.make(View(notes: try await call.services.reload()))
    }
}
