/// Why a workspace lives, was put away, given, queued or refused: the verdict with what it was decided from.
public struct Decision: Hashable, Sendable, Codable {
    public enum Verdict: String, Hashable, Sendable, Codable {
        case kept, culled, refused, queued, given, replaced, failed, lost, stopped, paused, resumed
    }

    public var at: Timestamp
    public var workspace: WorkspaceID?
    public var app: AppID
    public var user: UserID?
    public var verdict: Verdict
    /// One sentence for people: "kernel of train.ipynb busy for 2 h".
    public var because: String
    /// What it was decided from, by name.
    public var inputs: [String: String]

    public init(
        at: Timestamp,
        workspace: WorkspaceID?,
        app: AppID,
        user: UserID?,
        verdict: Verdict,
        because: String,
        inputs: [String: String] = [:]
    ) {
        self.at = at
        self.workspace = workspace
        self.app = app
        self.user = user
        self.verdict = verdict
        self.because = because
        self.inputs = inputs
    }
}
