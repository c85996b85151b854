import CarrelCore
import CarrelWorkspaces
import Hummingbird

/// `GET /api/v1/explain?workspace=ID` or `?user=NAME`: the decisions with their inputs, newest first.
enum ExplainAPI {
    static func list(_ call: Call) async throws -> Response {
        if let text = call.queryValue("workspace") {
            guard let id = WorkspaceID(text) else { throw Call.noWorkspace }
            let workspace = try await call.reachableWorkspace(id)
            return JSONResponse.make(try await call.workspaces.explain(workspace.id))
        }
        guard let user = try await call.memberAskedFor() else {
            throw CarrelError(.invalid, "Say what to explain: ?workspace=ID or ?user=NAME.")
        }
        return JSONResponse.make(try await call.workspaces.explain(user: user.id))
    }
}
