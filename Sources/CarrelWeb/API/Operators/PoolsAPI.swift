import CarrelWorkspaces
import Hummingbird

/// `GET /api/v1/pools`.
enum PoolsAPI {
    static func list(_ call: Call) async throws -> Response {
        JSONResponse.make(try await call.workspaces.pools())
    }
}
