public import CarrelCore

/// What the claims and the reconciler need from the configuration. Replaced whole by a reload.
public struct WorkspaceRules: Sendable {
    public var deployment: String
    public var apps: [App]
    /// Where browsers, and so the apps, find workspaces.
    public var sites: WorkspaceSites

    public init(deployment: String, apps: [App], sites: WorkspaceSites = .onHub) {
        self.deployment = deployment
        self.apps = apps
        self.sites = sites
    }
}
