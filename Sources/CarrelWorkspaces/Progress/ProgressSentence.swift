import CarrelCore

/// What is happening to a workspace, as a sentence for its member.
enum ProgressSentence {
    static func of(_ workspace: Workspace, app: App, position: Int?, preparing: String? = nil) -> String {
        switch workspace.phase {
        case .queued: waiting(position)
        case .starting:
            preparing ?? (workspace.startedAt == nil ? "Waiting for its turn to start" : "Starting \(app.title)")
        case .ready where workspace.owner != nil && workspace.handedOverAt == nil:
            app.home == nil ? "Handing it over" : "Bringing your files"
        case .ready: "Ready"
        case .paused: "Paused; it goes on when you open it"
        case .stopping: "Stopping: \(ended(workspace.reason))"
        case .ended: "Ended: \(ended(workspace.reason))"
        }
    }

    private static func waiting(_ position: Int?) -> String {
        switch position {
        case nil: "Waiting for room"
        case 1?: "Waiting for room: you are next"
        case let position?: "Waiting for room: \(position - 1) before you"
        }
    }

    static func ended(_ reason: EndReason?) -> String {
        switch reason {
        case .idle: "nobody used it and it computed nothing"
        case .lifetime: "it reached its longest life"
        case .user: "as you asked"
        case .operator: "by an operator"
        case .replaced: "it was replaced"
        case .lost: "its instance is gone"
        case .failed(let sentence): sentence
        case nil: "no reason is known"
        }
    }
}
