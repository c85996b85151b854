import CarrelCore
import CarrelIdentity
import CarrelWorkspaces
import HTTPTypes
import Hummingbird

/// `POST /api/v1/workspaces`: 201 when it is ready, 202 when it starts or waits.
enum ClaimAPI {
    private struct Body: Decodable {
        var app: String
        var name: String?
        /// For whom; on the operators' listener.
        var user: String?
    }

    static func claim(_ call: Call) async throws -> Response {
        let body = try await JSONBody.read(Body.self, of: call.request)
        guard let app = AppID(body.app) else { throw noSuchApp }
        let name = try WorkspaceName.read(body.name)
        // Before a member is made for it.
        let isOffered = await call.workspaces.app(app) != nil
        let user: User
        do { user = try await member(body.user, create: isOffered, call) } catch let error as CarrelError
            where error.code == .notFound && !isOffered
        {
            throw noSuchApp
        }
        let workspace = try await call.workspaces.claim(
            app,
            name: name,
            for: user,
            isOperator: call.signIn.isOperator(user),
            by: call.caller.actor
        )
        var headers: HTTPFields = [.location: "/api/v1/workspaces/\(workspace.id)"]
        if let trace = workspace.trace { headers[.serverTiming] = trace.serverTiming }
        return JSONResponse.make(
            try await call.view(workspace),
            status: workspace.isOpen ? .created : .accepted,
            headers: headers
        )
    }

    private static var noSuchApp: CarrelError { CarrelError(.notFound, "There is no such app.") }

    private static func member(_ named: String?, create: Bool, _ call: Call) async throws -> User {
        if let named {
            // A member's own listener knows no other members: naming oneself is allowed, naming another finds nobody.
            return try await call.member(named, create: create && call.hub.listener != .users)
        }
        guard let user = call.caller.user else {
            throw CarrelError(.invalid, "“user” is missing: say whom the workspace is for.")
        }
        return user
    }
}

extension WorkspaceName {
    /// Throws `invalid` with a sentence for what is no name; `unnamed` without one.
    static func read(_ text: String?) throws -> Self {
        guard let text, !text.isEmpty else { return .unnamed }
        guard let name = Self(text) else {
            throw CarrelError(
                .invalid,
                "A workspace's name has at most 40 lower-case letters, digits and hyphens, and begins with none of the latter."
            )
        }
        return name
    }
}
