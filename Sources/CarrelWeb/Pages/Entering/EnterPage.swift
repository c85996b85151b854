import CarrelCore
import CarrelIdentity
import CarrelWorkspaces
import HTTPTypes
import Hummingbird

/// `GET /enter?workspace=ws-…&browser=…&to=/…` on the hub's name, or with `service=NAME`: somebody came to a workspace's
/// own name without its cookie, and was sent here. Whoever may enter is sent back with a ticket.
enum EnterPage {
    static func show(_ call: Call) async throws -> Response {
        guard call.settings.sites.mode != .path else {
            throw CarrelError(.notFound, "There is nothing at this address.")
        }
        // A ticket is for a window that goes there: a neighbour's page could frame this, or look whether it works.
        guard Navigation(call.request.head).mayGoWhole else {
            throw CarrelError(.forbidden, "A workspace opens in a window of its own.")
        }
        guard let target = target(call), let browser = call.queryValue("browser"), BrowserMark.isDigest(browser) else {
            throw CarrelError(.invalid, "This address is not complete. Open the workspace once more.")
        }
        // What is no plain path leads to the workspace's beginning.
        let path = call.queryValue("to").flatMap { SafeRedirect.path($0) } ?? "/"
        guard let session = call.caller.session, let user = call.caller.user, call.caller.entersWorkspaces else {
            throw Call.noWorkspace
        }
        switch target {
        case .workspace(let id):
            guard let workspace = try await call.workspaces.workspace(id), workspace.owner == user.id else {
                throw Call.noWorkspace
            }
            // The gateway would send them here again, and again.
            guard call.caller.principal?.closedApps.contains(workspace.app) != true else {
                throw WorkspaceAddress.closed
            }
            guard workspace.isOpen, await call.services.isRouted(id) else {
                // Its progress, its end, or a new one.
                return Redirect(to: workspace.path + path.dropFirst(), headers: WorkspaceDoor.noReferrer).response
            }
        case .service(let name, let id):
            guard let service = call.services.exposed?.shown(name), call.caller.may(.enterService(service.access))
            else {
                throw Call.noWorkspace
            }
            await call.services.exposed?.expect(user.id, at: name)
            guard await call.services.isRouted(id) else { throw Call.noWorkspace }
        }
        let ticket = try await call.signIn.makeEntry(session, workspace: target.id, path: path, browser: browser)
        let door = target.url(call.settings.sites) + WorkspaceSites.entryPath.dropFirst()
        return Redirect(to: "\(door)?ticket=\(ticket)", headers: WorkspaceDoor.noReferrer).response
    }

    private static func target(_ call: Call) -> EntryTarget? {
        if let name = call.queryValue("service") { return call.service(named: name) }
        return call.queryValue("workspace").flatMap { WorkspaceID($0) }.map { .workspace($0) }
    }

    /// For who is at the workspace's own name. `path`: below the workspace's, with its query.
    static func address(_ target: EntryTarget, browser: String, path: String, hub: String) -> String {
        "\(hub)/enter?\(target.query)&browser=\(BrowserMark.digest(of: browser))&to=\(PercentCoding.encoded(path))"
    }
}
