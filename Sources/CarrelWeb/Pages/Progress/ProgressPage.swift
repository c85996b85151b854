import CarrelCore
import CarrelWorkspaces
import Hummingbird

/// Shows how a workspace comes along and goes on into it by itself: at once with JavaScript, within two seconds
/// without.
enum ProgressPage {
    private struct Data {
        struct Step {
            let text: String
            let state: String
            let isCurrent: Bool
        }

        let title: String
        let name: String?
        let message: String
        let steps: [Step]
        let events: String
        let target: String
        let phase: String
        let stop: String?
        let csrf: String
    }

    static func render(_ workspace: Workspace, _ call: Call) async throws -> Response {
        let app = await call.workspaces.app(workspace.app)
        let title = app?.title ?? workspace.app.description
        let queue = workspace.phase == .queued ? try await call.workspaces.queuePosition(workspace.id) : nil
        let data = Data(
            title: title,
            name: workspace.name == .unnamed ? nil : workspace.name.description,
            message: message(workspace, queue),
            steps: steps(workspace),
            events: "/api/v1/workspaces/\(workspace.id)/events",
            target: call.target,
            phase: workspace.phaseShown.rawValue,
            stop: workspace.phase == .stopping ? nil : "/workspaces/\(workspace.id)/stop",
            csrf: call.csrfToken ?? ""
        )
        return Layout(title, script: .progress, refresh: 2).response(call.hub.pages.progress, data, call)
    }

    private static func message(_ workspace: Workspace, _ queue: Int?) -> String {
        switch workspace.phaseShown {
        case .queued: queue.map { "All places are taken. You are number \($0) in the queue." } ?? "Waiting for room."
        case .starting: "Your workspace is starting."
        case .ready: "Your workspace is ready. One moment."
        case .paused: "Your workspace is waking up."
        case .stopping, .ended: "Your last workspace is being put away. A new one opens as soon as it is."
        }
    }

    private static func steps(_ workspace: Workspace) -> [Data.Step] {
        let current: Int =
            switch workspace.phaseShown {
            case .queued: 0
            case .starting: 1
            case .ready, .paused: 2
            case .stopping, .ended: -1
            }
        guard current >= 0 else { return [] }
        return ["Find room", "Start", "Open"].enumerated().map { index, text in
            Data.Step(
                text: text,
                state: index < current ? "done" : index == current ? "now" : "later",
                isCurrent: index == current
            )
        }
    }

    static let template = """
        <section class="card narrow" data-events="{{events}}" data-target="{{target}}" data-phase="{{phase}}">
        <h1>{{title}}{{#name}} <span class="tag">{{name}}</span>{{/name}}</h1>
        <p class="lead" id="message" role="status">{{message}}</p>
        <div class="bar" aria-hidden="true"><span></span></div>
        <ol class="steps" id="steps">
        {{#steps}}<li class="{{state}}"{{#isCurrent}} aria-current="step"{{/isCurrent}}>{{text}}</li>{{/steps}}
        </ol>
        <noscript><p class="small">This page loads itself again every two seconds.</p></noscript>
        <div class="actions"><a class="button" href="/">Start page</a>
        {{#stop}}<form method="post" action="{{stop}}"><input type="hidden" name="csrf" value="{{csrf}}">
        <button>Cancel</button></form>{{/stop}}</div>
        </section>
        """
}
