import CarrelCore
import CarrelIdentity
import CarrelWorkspaces
import Hummingbird

/// `GET /api/v1/apps`: what the member may open.
enum AppsAPI {
    private struct View: Encodable {
        let id: AppID
        let title: String
        let description: String
        let url: String
    }

    static func list(_ call: Call) async throws -> Response {
        let apps = try await apps(call)
        return JSONResponse.make(
            apps.map { app in
                View(
                    id: app.id,
                    title: app.title,
                    description: app.description,
                    url: (call.usersOrigin ?? "") + "/open/\(app.id)"
                )
            }
        )
    }

    private static func apps(_ call: Call) async throws -> [App] {
        if let user = try await call.memberAskedFor() {
            return await call.workspaces.apps(for: user, isOperator: call.signIn.isOperator(user))
        }
        if let user = call.caller.user {
            return await call.workspaces.apps(for: user, isOperator: call.caller.isOperator)
        }
        var apps: [App] = []
        for pool in try await call.workspaces.pools() {
            if let app = await call.workspaces.app(pool.app) { apps.append(app) }
        }
        return apps
    }
}
