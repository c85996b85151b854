/// How long a member had workspaces of an app, within a period.
public struct Usage: Hashable, Sendable, Codable {
    public let user: UserID
    public let app: AppID
    /// Those that were theirs for a moment of the period.
    public var workspaces: Int
    /// From being handed over to the end, within the period; whole seconds. Two at once count twice, paused ones too.
    public var seconds: Int64

    public init(user: UserID, app: AppID, workspaces: Int, seconds: Int64) {
        self.user = user
        self.app = app
        self.workspaces = workspaces
        self.seconds = seconds
    }
}

/// Adds up `Usage` from workspaces, living and ended, in any order.
public struct UsageSum: Sendable {
    private struct Key: Hashable {
        let user: UserID
        let app: AppID
    }

    private let from: Timestamp
    private let to: Timestamp
    private var sums: [Key: (workspaces: Int, milliseconds: Int64)] = [:]

    /// From `from` until before `to`, which is not in the future: nobody has used what is to come.
    public init(from: Timestamp, to: Timestamp) {
        self.from = from
        self.to = to
    }

    /// Those without an owner, and those that nobody was given yet, count nothing.
    public mutating func add(_ workspace: Workspace) {
        guard let owner = workspace.owner, let handedOverAt = workspace.handedOverAt else { return }
        let begin = max(handedOverAt, from)
        let end = min(workspace.endedAt ?? to, to)
        guard begin < end else { return }
        let key = Key(user: owner, app: workspace.app)
        let sum = sums[key] ?? (0, 0)
        sums[key] = (sum.workspaces + 1, sum.milliseconds + (end - begin).milliseconds)
    }

    /// By member, then by app.
    public var usages: [Usage] {
        sums.map { key, sum in
            Usage(user: key.user, app: key.app, workspaces: sum.workspaces, seconds: sum.milliseconds / 1000)
        }.sorted { ($0.user.description, $0.app.description) < ($1.user.description, $1.app.description) }
    }
}
