import CarrelWorkspaces
import Hummingbird

/// `GET /api/v1/engines`.
enum EnginesAPI {
    static func list(_ call: Call) async throws -> Response {
        JSONResponse.make(await call.workspaces.engines())
    }
}
