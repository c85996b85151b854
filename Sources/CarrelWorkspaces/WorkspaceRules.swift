public import CarrelCore

/// What the claims and the reconciler need from the configuration. Replaced whole by a reload.
public struct WorkspaceRules: Sendable {
    public var deployment: String
    public var apps: [App]

    public init(deployment: String, apps: [App]) {
        self.deployment = deployment
        self.apps = apps
    }
}
