import CarrelCore
import CarrelIdentity
import CarrelWorkspaces
import Hummingbird

/// `GET /api/v1/users`.
enum UsersAPI {
    private struct View: Encodable {
        let id: UserID
        let name: String
        let identities: [Identity]
        let groups: [String]
        let isOperator: Bool
        let isDisabled: Bool
        let createdAt: Timestamp
        let homes: [HomeView]
    }

    static func list(_ call: Call) async throws -> Response {
        let users = try await call.services.users()
        let homes = Dictionary(grouping: try await call.workspaces.homes(), by: \.owner)
        return JSONResponse.make(
            users.map { user in
                View(
                    id: user.id,
                    name: user.name,
                    identities: user.identities,
                    groups: user.groups.sorted(),
                    isOperator: call.signIn.isOperator(user),
                    isDisabled: user.isDisabled,
                    createdAt: user.createdAt,
                    homes: (homes[user.id] ?? []).map(HomeView.init)
                )
            }
        )
    }
}
