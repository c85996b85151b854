import CarrelCore
import CarrelWorkspaces
import Hummingbird

/// `GET /api/v1/workspaces/<id>/events`: its present state at once, then each change; ends after `ended`.
enum EventsAPI {
    static func follow(_ call: Call) async throws -> Response {
        let workspace = try await call.reachableWorkspace()
        let ownerName = try await call.view(workspace).ownerName
        let events = try await call.workspaces.events(workspace.id)
        let (origin, sites) = (call.usersOrigin, call.settings.sites)
        return EventStream.response(
            clock: call.services.clock,
            until: call.services.gate.handedOver,
            while: call.isStillProved
        ) { send in
            for await event in events {
                var view = WorkspaceView(
                    event.workspace,
                    ownerName: ownerName,
                    queue: event.queuePosition,
                    origin: origin,
                    sites: sites
                )
                view.message = event.message
                send(EventStream.frame(event: "workspace", data: JSONResponse.text(view)))
            }
        }
    }
}
