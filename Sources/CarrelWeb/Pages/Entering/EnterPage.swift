import CarrelCore
import CarrelIdentity
import CarrelWorkspaces
import HTTPTypes
import Hummingbird

/// `GET /enter?workspace=ws-…&browser=…&to=/…` on the hub's name: somebody came to a workspace's own name without its
/// cookie, and was sent here. Whoever may enter is sent back with a ticket.
enum EnterPage {
    static func show(_ call: Call) async throws -> Response {
        guard call.settings.sites.mode != .path else {
            throw CarrelError(.notFound, "There is nothing at this address.")
        }
        // A ticket is for a window that goes there: a neighbour's page could frame this, or look whether it works.
        guard Navigation(call.request.head).mayGoWhole else {
            throw CarrelError(.forbidden, "A workspace opens in a window of its own.")
        }
        guard let id = call.queryValue("workspace").flatMap({ WorkspaceID($0) }),
            let browser = call.queryValue("browser"), BrowserMark.isDigest(browser)
        else { throw CarrelError(.invalid, "This address is not complete. Open the workspace once more.") }
        // What is no plain path leads to the workspace's beginning.
        let path = call.queryValue("to").flatMap { SafeRedirect.path($0) } ?? "/"
        guard let session = call.caller.session, call.caller.entersWorkspaces,
            let workspace = try await call.workspaces.workspace(id), workspace.owner == call.caller.user?.id
        else { throw Call.noWorkspace }
        guard workspace.isOpen, await call.services.isRouted(id) else {
            // Its progress, its end, or a new one.
            return Redirect(to: workspace.path + path.dropFirst(), headers: WorkspaceDoor.noReferrer).response
        }
        let ticket = try await call.signIn.makeEntry(session, workspace: id, path: path, browser: browser)
        let door = call.settings.sites.url(of: id, hub: call.usersOrigin) + WorkspaceSites.entryPath.dropFirst()
        return Redirect(to: "\(door)?ticket=\(ticket)", headers: WorkspaceDoor.noReferrer).response
    }

    /// For who is at the workspace's own name. `path`: below the workspace's, with its query.
    static func address(_ id: WorkspaceID, browser: String, path: String, hub: String) -> String {
        "\(hub)/enter?workspace=\(id)&browser=\(BrowserMark.digest(of: browser))&to=\(PercentCoding.encoded(path))"
    }
}
