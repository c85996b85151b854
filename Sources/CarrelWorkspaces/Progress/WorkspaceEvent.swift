public import CarrelCore

/// One change of a workspace, as a progress page shows it.
public struct WorkspaceEvent: Hashable, Sendable {
    public var workspace: Workspace
    /// 1 for the next to be admitted; nil unless queued.
    public var queuePosition: Int?
    /// What is happening, as a sentence for the member.
    public var message: String

    public init(workspace: Workspace, queuePosition: Int?, message: String) {
        self.workspace = workspace
        self.queuePosition = queuePosition
        self.message = message
    }
}
