import CarrelCore
import CarrelIdentity
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
    }

    static func list(_ call: Call) async throws -> Response {
        let users = try await call.services.users()
        return JSONResponse.make(
            users.map { user in
                View(
                    id: user.id,
                    name: user.name,
                    identities: user.identities,
                    groups: user.groups.sorted(),
                    isOperator: call.signIn.isOperator(user),
                    isDisabled: user.isDisabled,
                    createdAt: user.createdAt
                )
            }
        )
    }
}
