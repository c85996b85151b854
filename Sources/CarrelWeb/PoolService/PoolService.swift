import CarrelCore
import CarrelIdentity
import CarrelWorkspaces
import Hummingbird

/// `POST /pool`: the pool-service protocol, for programs written for it. Reaches only workspaces whose owner is a
/// member of the configured provider.
enum PoolService {
    /// A launch address works once, for this long.
    static let ticketLifetime = Duration.seconds(300)
    static let unknownInstance = CarrelError(.notFound, "There is no such instance.")

    private struct Requested: Encodable { let instanceId: WorkspaceID }
    private struct One: Encodable { let instance: PoolInstance }
    private struct All: Encodable { let instances: [PoolInstance] }
    private struct Done: Encodable { let status: String }

    static func serve(_ call: Call) async throws -> Response {
        guard let service = call.settings.poolService else {
            throw CarrelError(.notFound, "The pool service is not configured here.")
        }
        let command = try await JSONBody.read(PoolCommand.self, of: call.request)
        switch command.command {
        case "REQUEST_RSTUDIO":
            return JSONResponse.make(Requested(instanceId: try await request(command, service, call)))
        case "GET_STATUS" where command.payload?.instanceId == nil:
            return JSONResponse.make(All(instances: try await all(service, call)))
        case "GET_STATUS":
            let (workspace, owner) = try await reachable(try command.instance(), service, call)
            return JSONResponse.make(One(instance: try await instance(workspace, owner, service, call)))
        case "DELETE":
            let (workspace, _) = try await reachable(try command.instance(), service, call)
            _ = try await call.workspaces.stop(workspace.id, reason: .operator, by: call.caller.actor)
            return JSONResponse.make(Done(status: "OK"))
        default:
            throw CarrelError(.invalid, "There is no such command.")
        }
    }

    private static func request(
        _ command: PoolCommand,
        _ service: HubSettings.PoolService,
        _ call: Call
    ) async throws -> WorkspaceID {
        guard let userID = command.payload?.userId, !userID.isEmpty else {
            throw CarrelError(.invalid, "“payload.userId” is missing.")
        }
        let app = command.payload?.purpose.map { AppID($0) } ?? service.defaultApp
        guard let app else { throw CarrelError(.notFound, "There is no such app.") }
        let user = try await call.member("\(service.provider):\(userID)", create: true)
        let before = try await call.workspaces.workspaces(of: user.id).map(\.id)
        let workspace = try await call.workspaces.claim(
            app,
            name: .unnamed,
            for: user,
            isOperator: false,
            by: call.caller.actor
        )
        guard workspace.phase == .queued else { return workspace.id }
        // The protocol has no queue: a place that this request made is given back, one from before stays theirs.
        if !before.contains(workspace.id) {
            _ = try await call.workspaces.stop(workspace.id, reason: .operator, by: call.caller.actor)
        }
        throw CarrelError(.poolFull, "All workspaces of this app are taken. Try again later.")
    }

    private static func all(_ service: HubSettings.PoolService, _ call: Call) async throws -> [PoolInstance] {
        var instances: [PoolInstance] = []
        for workspace in try await call.workspaces.living() {
            guard let owner = try await owner(of: workspace, service, call) else { continue }
            instances.append(try await instance(workspace, owner, service, call))
        }
        return instances
    }

    private static func reachable(
        _ id: WorkspaceID,
        _ service: HubSettings.PoolService,
        _ call: Call
    ) async throws -> (Workspace, User) {
        guard let workspace = try await call.workspaces.workspace(id), workspace.phase.isLiving,
            let owner = try await owner(of: workspace, service, call)
        else { throw unknownInstance }
        return (workspace, owner)
    }

    /// The owner, if the provider and the token let the caller know of them.
    private static func owner(
        of workspace: Workspace,
        _ service: HubSettings.PoolService,
        _ call: Call
    ) async throws -> User? {
        guard let id = workspace.owner, call.caller.may(.usePool(for: id)),
            let user = try await call.signIn.user(id),
            user.identities.contains(where: { $0.provider == service.provider })
        else { return nil }
        return user
    }

    private static func instance(
        _ workspace: Workspace,
        _ owner: User,
        _ service: HubSettings.PoolService,
        _ call: Call
    ) async throws -> PoolInstance {
        let labels = await call.workspaces.app(workspace.app)?.labels ?? [:]
        return PoolInstance(
            instanceId: workspace.id,
            url: try await launchAddress(of: workspace, owner, call),
            userId: owner.identities.first { $0.provider == service.provider }?.name ?? owner.id.description,
            phase: workspace.phaseShown,
            labels: labels
        )
    }

    /// Nil for an operator, into whose session no token for pools leads, and for a disabled member: neither may hide
    /// all the others from a program that asks for the whole list.
    private static func launchAddress(of workspace: Workspace, _ owner: User, _ call: Call) async throws -> String? {
        do {
            let ticket = try await call.signIn.makeTicket(
                for: owner.id,
                path: workspace.path,
                lifetime: ticketLifetime,
                by: call.caller.actor
            )
            return (call.usersOrigin ?? "") + "/sign-in/link/\(ticket)"
        } catch let error as CarrelError where error.code == .forbidden || error.code == .notFound {
            return nil
        }
    }
}
