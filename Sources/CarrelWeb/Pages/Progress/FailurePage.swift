import CarrelCore
import CarrelWorkspaces
import HTTPTypes
import Hummingbird

/// Shows its owner why a workspace failed, with what it printed last, and how to try again.
enum FailurePage {
    private struct Data {
        let title: String
        let sentence: String
        let log: String?
        let again: String
        let csrf: String
        let requestID: String
    }

    /// Lines of the log that are shown.
    private static let linesShown = 40

    static func render(_ workspace: Workspace, again: String, _ call: Call) async throws -> Response {
        let title = await call.workspaces.app(workspace.app)?.title ?? workspace.app.description
        let log = try await call.workspaces.logs(workspace.id, lines: linesShown)
        let data = Data(
            title: title,
            sentence: workspace.reason?.sentence ?? "It ended.",
            log: log.isEmpty ? nil : log,
            again: again,
            csrf: call.csrfToken ?? "",
            requestID: call.requestID
        )
        return Layout(title).response(call.hub.pages.failure, data, call, status: .badGateway)
    }

    static let template = """
        <section class="card narrow">
        <h1>{{title}} did not work</h1>
        <p class="lead">{{sentence}}</p>
        {{#log}}<details open><summary>What it said last</summary>
        <pre tabindex="0" aria-label="Log">{{log}}</pre></details>{{/log}}
        <div class="actions"><form method="post" action="{{again}}"><input type="hidden" name="csrf" value="{{csrf}}">
        <button class="primary">Try again</button></form>
        <a class="button" href="/">Start page</a></div>
        <p class="small">If you ask for help, give this number: <code>{{requestID}}</code></p>
        </section>
        """
}
