import CarrelCore
import CarrelIdentity
import CarrelWorkspaces
import HTTPTypes
import Hummingbird

/// `/api/v1/workspaces` and `/api/v1/workspaces/<id>`.
enum WorkspacesAPI {
    /// A member's (theirs, or `?user=`), the living and the latest ended ones; else everybody's living ones.
    static func list(_ call: Call) async throws -> Response {
        let workspaces: [Workspace]
        if let user = try await call.memberAskedFor() {
            workspaces = try await call.workspaces.workspaces(of: user.id)
        } else if case .only(let user) = call.caller.reach(on: call.hub.listener) {
            workspaces = try await call.workspaces.workspaces(of: user.id)
        } else {
            workspaces = try await call.workspaces.living().filter { call.caller.may(.seeWorkspace(owner: $0.owner)) }
        }
        return JSONResponse.make(try await call.views(workspaces))
    }

    static func show(_ call: Call) async throws -> Response {
        JSONResponse.make(try await call.view(try await call.reachableWorkspace()))
    }

    static func stop(_ call: Call) async throws -> Response {
        let workspace = try await call.reachableWorkspace { .stopWorkspace(owner: $0) }
        let stopped = try await call.workspaces.stop(
            workspace.id,
            reason: call.reason(for: workspace),
            by: call.caller.actor
        )
        return JSONResponse.make(try await call.view(stopped), status: stopped.phase == .ended ? .ok : .accepted)
    }

    static func pause(_ call: Call) async throws -> Response {
        let workspace = try await call.reachableWorkspace { .stopWorkspace(owner: $0) }
        let paused = try await call.workspaces.pause(workspace.id, by: call.caller.actor)
        return JSONResponse.make(try await call.view(paused))
    }

    static func resume(_ call: Call) async throws -> Response {
        let workspace = try await call.reachableWorkspace { .stopWorkspace(owner: $0) }
        let resumed = try await call.workspaces.resume(workspace.id, by: call.caller.actor)
        return JSONResponse.make(try await call.view(resumed))
    }
}

extension Call {
    /// Whose wish it is that a workspace ends: its owner's, or an operator's.
    func reason(for workspace: Workspace) -> EndReason {
        caller.user != nil && caller.user?.id == workspace.owner ? .user : .operator
    }
}
