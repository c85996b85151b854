/// What an engine needs before it can start an instance and may take minutes to get: an image that is fetched. It is
/// done before `create`, so that a start is told, counted and bounded without it.
public protocol InstancePreparing: Sendable {
    /// Whether all is there that `create` needs for this app, so that it takes no longer than a start does. True also
    /// where that can't be told: `create` says then what is wrong.
    func isPrepared(_ app: App) async -> Bool

    /// Gets what is missing; returns when it is there. Several that need the same wait for the same. Throws what `create`
    /// would throw.
    func prepare(_ app: App, for workspace: WorkspaceID) async throws

    /// How far that is, of each workspace that waits now and from now on. May lose some; the one that says that a
    /// workspace waits no longer comes always.
    func preparations() -> AsyncStream<Preparation>
}

/// How far the preparation of one workspace is.
public struct Preparation: Hashable, Sendable {
    public var workspace: WorkspaceID
    /// A sentence that a member may read; nil: it is over.
    public var message: String?

    public init(workspace: WorkspaceID, message: String?) {
        self.workspace = workspace
        self.message = message
    }
}

/// Keeps what instances are made from as new as the place that it comes from.
public protocol ImageRefreshing: Sendable {
    /// Looks whether the apps' images are others by now where they come from, if it is time to look again, and fetches
    /// those that are. From then on `Instance.isOutdated` tells who was made from the old one. What goes wrong is logged.
    func refreshImages(of apps: [App], now: Timestamp) async
}
