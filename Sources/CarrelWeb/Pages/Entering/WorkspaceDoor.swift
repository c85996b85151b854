import CarrelCore
import CarrelIdentity
import CarrelWorkspaces
import HTTPTypes
import Hummingbird

/// Everything that is asked on a workspace's own name and that the gateway does not lead into the workspace: who comes
/// without its cookie, or with a ticket for it, or to one that is not there. Nothing else of the hub exists on those names.
enum WorkspaceDoor {
    static let noReferrer: HTTPFields = [.referrerPolicy: "no-referrer"]
    /// How long somebody may take to sign in on the way.
    static let markLifetime = Duration.seconds(1800)

    static func answer(_ call: Call, _ site: Call.Site) async throws -> Response {
        let navigation = Navigation(call.request.head)
        guard case .target(let target) = site else {
            guard navigation.mayBeSentElsewhere else { throw nothing }
            return Redirect(to: call.hubOrigin + "/", headers: noReferrer).response
        }
        let path = call.path(below: target)
        if path == WorkspaceSites.entryPath { return try enter(target, call) }
        guard !path.hasPrefix(WorkspaceSites.reservedPath) else { throw nothing }
        guard navigation.mayBeSentElsewhere else { return try await turnAway(target, call) }
        guard navigation.mayGoWhole else {
            throw CarrelError(.forbidden, "A workspace opens in a window of its own.")
        }
        return fetchTicket(target, path: path, call)
    }

    private static let nothing = CarrelError(.notFound, "There is nothing at this address.")

    // MARK: - Without the cookie

    private static func fetchTicket(_ goal: EntryTarget, path: Substring, _ call: Call) -> Response {
        let sent = call.sentMark
        let mark = sent ?? BrowserMark.make()
        let target = call.query.map { "\(path)?\($0)" } ?? String(path)
        var response = Redirect(
            to: EnterPage.address(goal, browser: mark, path: target, hub: call.hubOrigin),
            headers: noReferrer
        ).response
        // One that is there already stays: several tabs may be on their way.
        if sent == nil {
            response.headers[values: .setCookie] = [
                SetCookie.line(call.markName, mark, lasts: markLifetime, isSecure: call.isSecure)
            ]
        }
        return response
    }

    /// Programs and WebSockets are told why.
    private static func turnAway(_ target: EntryTarget, _ call: Call) async throws -> Response {
        guard !call.caller.isNobody else { throw AccessCheck.unauthenticated }
        guard case .workspace(let id) = target, call.caller.entersWorkspaces,
            let workspace = try await call.workspaces.workspace(id),
            workspace.owner == call.caller.user?.id
        else { throw Call.noWorkspace }
        guard workspace.phase != .ended else { throw WorkspaceAddress.gone(workspace) }
        throw WorkspaceAddress.notYet(workspace)
    }

    // MARK: - With a ticket

    private static func enter(_ target: EntryTarget, _ call: Call) throws -> Response {
        guard call.request.method == .get else { throw Refusal.otherMethods([.get]) }
        guard Navigation(call.request.head).mayGoWhole else { throw nothing }
        let here = target.url(call.settings.sites)
        // Without the mark this is another browser, or one that keeps no cookies and would go round for ever.
        guard let mark = call.sentMark else {
            _ = call.signIn.useEntry(call.queryValue("ticket") ?? "", workspace: target.id, browser: "")
            throw CarrelError(
                .forbidden,
                "This address works once, and only in the browser that it was made for, which has to accept cookies."
            )
        }
        let entry = call.signIn.useEntry(
            call.queryValue("ticket") ?? "",
            workspace: target.id,
            browser: BrowserMark.digest(of: mark)
        )
        switch entry {
        case .refused: return Redirect(to: here, headers: noReferrer).response
        case .elsewhere(let path): return Redirect(to: here + path.dropFirst(), headers: noReferrer).response
        case .admitted(let cookie, let expires, let path):
            var response = Redirect(to: here + path.dropFirst(), headers: noReferrer).response
            let name = call.settings.sites.cookieName(of: target.id, base: call.settings.workspaceCookie)
            response.headers[values: .setCookie] = [
                SetCookie.line(name, cookie, lasts: expires - call.now, isSecure: call.isSecure)
            ]
            return response
        }
    }
}

extension Call {
    /// On which of carrel's names something is asked.
    enum Site: Sendable {
        /// On the name that workspaces share, but of none of them.
        case noWorkspace
        case target(EntryTarget)
    }

    /// Nil: on the hub's own name. The gateway says so; what a client says of it never comes here.
    var site: Site? {
        guard hub.listener == .users else { return nil }
        if let name = request.headers[.service] { return service(named: name).map { .target($0) } ?? .noWorkspace }
        guard let told = request.headers[.workspace] else { return nil }
        return WorkspaceID(told).map { .target(.workspace($0)) } ?? .noWorkspace
    }

    var hubOrigin: String { settings.users.publicOrigin ?? "" }

    fileprivate var markName: String { settings.workspaceCookie + "-mark" }

    fileprivate var sentMark: String? {
        RequestCookies(request.headers).values(markName).first { BrowserMark.isOne($0) }
    }

    /// As the workspace would see it; begins with a slash.
    fileprivate func path(below target: EntryTarget) -> Substring {
        let prefix = target.path(settings.sites).dropLast()
        let rest = path.hasPrefix(prefix) ? path.dropFirst(prefix.count) : path
        return rest.hasPrefix("/") ? rest : "/"
    }
}

extension Navigation {
    /// A window that goes there whole, or a client that does not say what it does.
    var mayGoWhole: Bool { isTopLevel || !says }
}

extension HTTPField.Name {
    static let workspace = Self("X-Carrel-Workspace") ?? .te
    static let service = Self("X-Carrel-Service") ?? .te
}
