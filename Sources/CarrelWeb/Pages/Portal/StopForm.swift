import CarrelCore
import CarrelIdentity
import CarrelWorkspaces
import Hummingbird

/// `POST /workspaces/<id>/stop`: the button on the portal, the progress page and the console.
enum StopForm {
    static func submit(_ call: Call) async throws -> Response {
        let workspace = try await call.reachableWorkspace { .stopWorkspace(owner: $0) }
        _ = try await call.workspaces.stop(workspace.id, reason: call.reason(for: workspace), by: call.caller.actor)
        return Redirect(to: "/").response
    }
}
