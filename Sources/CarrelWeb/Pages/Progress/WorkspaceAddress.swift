import CarrelCore
import CarrelWorkspaces
import HTTPTypes
import Hummingbird

/// `/w/<id>/…` where the gateway has no route to it: the workspace is on its way, on its way out, gone, somebody
/// else's, or was never there. The last two answer the same.
enum WorkspaceAddress {
    static func answer(_ call: Call) async throws -> Response {
        let navigation = Navigation(call.request.head)
        guard !call.caller.isNobody else {
            guard navigation.mayBeSentElsewhere else { throw AccessCheck.unauthenticated }
            throw Redirect(to: SignInPage.address(next: call.target))
        }
        let (id, rest) = split(call.path)
        guard let id, call.caller.entersWorkspaces, let user = call.caller.user,
            let workspace = try await call.workspaces.workspace(id), workspace.owner == user.id
        else { throw Call.noWorkspace }
        guard call.caller.principal?.closedApps.contains(workspace.app) != true else { throw closed }
        guard let rest else {
            return Redirect(to: workspace.path + (call.query.map { "?\($0)" } ?? "")).response
        }
        if workspace.phase == .ended { return try await ended(workspace, rest, navigation, call) }
        let sites = call.settings.sites
        if sites.mode != .path, workspace.isOpen, await call.services.isRouted(id) {
            let address = sites.url(of: id, hub: call.usersOrigin) + rest
            guard navigation.mayBeSentElsewhere else {
                throw CarrelError(.notFound, "This workspace has a name of its own: ask \(address)")
            }
            return Redirect(to: address + (call.query.map { "?\($0)" } ?? "")).response
        }
        guard navigation.mayBeSentElsewhere else {
            throw isKnownByNow(call, workspace) ? askAgain : notYet(workspace)
        }
        return try await ProgressPage.render(workspace, call)
    }

    /// The id, and what follows its slash: nil if there is no slash.
    private static func split(_ path: Substring) -> (WorkspaceID?, Substring?) {
        let below = path.dropFirst("/w/".utf8.count)
        guard let slash = below.firstIndex(of: "/") else { return (WorkspaceID(below), nil) }
        return (WorkspaceID(below[..<slash]), below[below.index(after: slash)...])
    }

    /// People are led to a new one, except after a failure: that would start it over and over, and tell nobody why.
    private static func ended(
        _ workspace: Workspace,
        _ rest: Substring,
        _ navigation: Navigation,
        _ call: Call
    ) async throws -> Response {
        guard !navigation.isByProgram else {
            throw gone(workspace)
        }
        let again = OpenPage.address(of: workspace, rest: rest, query: call.query)
        if case .failed = workspace.reason, navigation.wantsPage {
            return try await FailurePage.render(workspace, again: again, call)
        }
        return Redirect(to: again).response
    }

    static let closed = CarrelError(
        .forbidden,
        "You may not use this app any more. Your files are kept; ask an operator."
    )

    static func gone(_ workspace: Workspace) -> Refusal {
        Refusal(.gone, "ended", workspace.reason?.sentence ?? "This workspace has ended.")
    }

    /// The gateway led here a request to a workspace that it leads to: by a token that was made a moment ago, and that it did
    /// not know then.
    private static func isKnownByNow(_ call: Call, _ workspace: Workspace) -> Bool {
        guard case .token = call.caller.kind else { return false }
        return workspace.isOpen && workspace.phase == .ready
    }

    private static var askAgain: Refusal {
        Refusal(
            .serviceUnavailable,
            "ask-again",
            "The gateway has learned of this token or workspace only now: ask again.",
            headers: [.retryAfter: "1"]
        )
    }

    static func notYet(_ workspace: Workspace) -> Refusal {
        let isStopping = workspace.phase == .stopping
        return Refusal(
            .serviceUnavailable,
            isStopping ? "stopping" : "not-ready",
            isStopping ? "The workspace is being put away." : "The workspace is not ready yet.",
            headers: [.retryAfter: workspace.phase == .queued ? "10" : "2"]
        )
    }
}
