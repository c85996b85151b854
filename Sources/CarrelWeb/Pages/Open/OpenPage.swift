import CarrelCore
import CarrelIdentity
import CarrelWorkspaces
import HTTPTypes
import Hummingbird

/// `/open/<app>[/<path>][?name=N]`: the lasting link. Claims only where a person goes there in a tab of its own, or
/// presses the button; a frame, a script, an image or a prefetch gets nothing but a page with that button.
enum OpenPage {
    private struct Data {
        let title: String
        let name: String?
        let action: String
        let csrf: String
    }

    static func show(_ call: Call) async throws -> Response {
        let link = try OpenLink(call)
        guard call.caller.session != nil, Navigation(call.request.head).isTopLevel else {
            return try await page(link, call)
        }
        return try await open(link, call)
    }

    static func submit(_ call: Call) async throws -> Response {
        var link = try OpenLink(call)
        if let name = call.form["name"] { link.name = try WorkspaceName.read(name) }
        return try await open(link, call)
    }

    private static func open(_ link: OpenLink, _ call: Call) async throws -> Response {
        guard let user = call.caller.user, call.caller.entersWorkspaces else {
            throw CarrelError(.forbidden, "This token may not open workspaces.")
        }
        let workspace = try await call.workspaces.claim(
            link.app,
            name: link.name,
            for: user,
            isOperator: call.caller.isOperator,
            by: call.caller.actor
        )
        var headers: HTTPFields = [:]
        if let trace = workspace.trace { headers[.serverTiming] = trace.serverTiming }
        // Not ready yet: the gateway has no route and hands the request back to us, to the progress page.
        return Redirect(to: workspace.path + link.rest, headers: headers).response
    }

    private static func page(_ link: OpenLink, _ call: Call) async throws -> Response {
        guard let user = call.caller.user,
            let app = await call.workspaces.apps(for: user, isOperator: call.caller.isOperator)
                .first(where: { $0.id == link.app })
        else { throw CarrelError(.notFound, "There is no such app, or it is not open to you.") }
        let data = Data(
            title: app.title,
            name: link.name == .unnamed ? nil : link.name.description,
            action: call.target,
            csrf: call.csrfToken ?? ""
        )
        return Layout("Open \(app.title)").response(call.hub.pages.open, data, call)
    }

    /// The lasting link that opens a workspace like this one.
    static func address(of workspace: Workspace, rest: Substring = "", query: Substring? = nil) -> String {
        var parts: [Substring] = []
        // A `name` of the app's own must not be taken for ours.
        if workspace.name != .unnamed || query.map({ FormBody.value("name", in: $0) != nil }) ?? false {
            parts.append("name=\(workspace.name)")
        }
        if let query, !query.isEmpty { parts.append(query) }
        let path = "/open/\(workspace.app)" + (rest.isEmpty ? "" : "/" + rest)
        return parts.isEmpty ? path : path + "?" + parts.joined(separator: "&")
    }

    static let template = """
        <section class="card narrow">
        <h1>{{title}}</h1>
        <p class="lead">Open your {{#name}}workspace “{{name}}”{{/name}}{{^name}}own workspace{{/name}}?</p>
        <form method="post" action="{{action}}">
        <input type="hidden" name="csrf" value="{{csrf}}">
        <button class="primary wide">Open {{title}}</button>
        </form>
        <p class="small"><a href="/">To the start page</a></p>
        </section>
        """
}
