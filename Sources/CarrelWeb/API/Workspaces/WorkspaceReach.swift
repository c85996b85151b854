import CarrelCore
import CarrelIdentity
import CarrelWorkspaces

extension Call {
    /// The same for a workspace that isn't there and for one that isn't yours.
    static let noWorkspace = CarrelError(.notFound, "There is no such workspace, or it is not yours.")

    /// The workspace named in the path, if the caller may know of it. Throws `forbidden` where it may know of it, but
    /// not do `what`.
    func reachableWorkspace(to what: (UserID?) -> Permission = { .seeWorkspace(owner: $0) }) async throws -> Workspace {
        guard let text = parameters["id"], let id = WorkspaceID(text) else { throw Self.noWorkspace }
        return try await reachableWorkspace(id, to: what)
    }

    func reachableWorkspace(
        _ id: WorkspaceID,
        to what: (UserID?) -> Permission = { .seeWorkspace(owner: $0) }
    ) async throws -> Workspace {
        guard let reach = caller.reach(on: hub.listener), let workspace = try await workspaces.workspace(id),
            caller.may(.seeWorkspace(owner: workspace.owner))
        else { throw Self.noWorkspace }
        if case .only(let user) = reach, workspace.owner != user.id { throw Self.noWorkspace }
        guard caller.may(what(workspace.owner)) else {
            throw CarrelError(.forbidden, "This session or token may not do that.")
        }
        return workspace
    }

    /// The member that `?user=` names. Nil without one; then, if the caller acts as one member, only that one counts.
    func memberAskedFor() async throws -> User? {
        guard hub.listener != .users, let named = queryValue("user") else { return nil }
        return try await member(named, create: false)
    }

    /// Throws `notFound` for an unknown member and for one that the caller may not act for.
    func member(_ named: String, create: Bool) async throws -> User {
        let unknown = CarrelError(.notFound, "There is no such member.")
        guard (1...200).contains(named.utf8.count), let reach = caller.reach(on: hub.listener) else { throw unknown }
        if case .only(let user) = reach {
            guard user.isNamed(named) else { throw unknown }
            return user
        }
        guard let user = try await signIn.user(named: named, create: create, by: caller.actor) else { throw unknown }
        return user
    }
}
