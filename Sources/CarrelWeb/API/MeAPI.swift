import CarrelCore
import CarrelWorkspaces
import Hummingbird

/// `GET /api/v1/me`: who the caller is, what their homes hold, and the CSRF token that its session needs.
enum MeAPI {
    private struct View: Encodable {
        let id: UserID?
        let name: String?
        let groups: [String]
        let isOperator: Bool
        let scopes: [String]?
        let csrf: String?
        let homes: [HomeView]
    }

    static func show(_ call: Call) async throws -> Response {
        var scopes: [String]?
        if case .token(_, let granted) = call.caller.kind { scopes = granted.map(\.rawValue).sorted() }
        let homes: [HomeReport] =
            if let user = call.caller.user { try await call.workspaces.homes(of: user.id) } else { [] }
        return JSONResponse.make(
            View(
                id: call.caller.user?.id,
                name: call.caller.user?.name ?? (call.caller.kind == .commandLine ? "command line" : nil),
                groups: (call.caller.user?.groups ?? []).sorted(),
                isOperator: call.caller.isOperator,
                scopes: scopes,
                csrf: call.csrfToken,
                homes: homes.map(HomeView.init)
            )
        )
    }
}
