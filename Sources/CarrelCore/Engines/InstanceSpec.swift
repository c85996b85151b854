/// Everything an engine needs to start one workspace. Templates still wait for what only the engine knows:
/// `workspace.port`, `workspace.home` and `workspace.runtime`.
public struct InstanceSpec: Hashable, Sendable {
    public var workspace: WorkspaceID
    public var app: App
    /// Digest of the app's definition.
    public var definition: String
    /// `workspace.id`, `.path`, `.token`, and `.name` and `user.…` where there is an owner.
    public var values: [Template.Variable: String]
    /// The owner's home where it is known at the start; nil for spares, which get theirs at the claim.
    public var home: HomeMount?
    /// Who it belongs to where that is known at the start.
    public var identity: WorkspaceIdentity?

    public init(
        workspace: WorkspaceID,
        app: App,
        definition: String,
        values: [Template.Variable: String],
        home: HomeMount? = nil,
        identity: WorkspaceIdentity? = nil
    ) {
        self.workspace = workspace
        self.app = app
        self.definition = definition
        self.values = values
        self.home = home
        self.identity = identity
    }
}

/// One member's home as an engine is to mount it.
public struct HomeMount: Hashable, Sendable {
    /// A directory of the engine's machine or a volume's name, templates expanded.
    public var location: String
    /// Where it appears inside the workspace.
    public var mount: String
    /// The uid and gid that own its files at rest.
    public var storageUID: UInt32
    public var driver: String?
    public var options: [String: String]
    /// Nil: no bound.
    public var quota: HomeQuota?

    public init(
        location: String,
        mount: String,
        storageUID: UInt32,
        driver: String? = nil,
        options: [String: String] = [:],
        quota: HomeQuota? = nil
    ) {
        self.location = location
        self.mount = mount
        self.storageUID = storageUID
        self.driver = driver
        self.options = options
        self.quota = quota
    }
}

/// What `identity.json` in the runtime directory says.
public struct WorkspaceIdentity: Hashable, Sendable, Codable {
    public var id: UserID
    public var name: String
    public var email: String?
    public var workspace: WorkspaceID
    public var workspaceName: WorkspaceName

    public init(id: UserID, name: String, email: String?, workspace: WorkspaceID, workspaceName: WorkspaceName) {
        self.id = id
        self.name = name
        self.email = email
        self.workspace = workspace
        self.workspaceName = workspaceName
    }
}

/// What the engine has.
public struct Instance: Hashable, Sendable {
    public enum State: Hashable, Sendable {
        case running
        case paused
        /// With the exit code (128 + signal), and a sentence where the engine knows more than the code says.
        case exited(code: Int32?, because: String?)
    }

    public var workspace: WorkspaceID
    public var app: AppID
    public var definition: String?
    public var state: State
    public var endpoint: Endpoint?
    public var extraEndpoints: [String: Endpoint]
    /// The location of the home that is attached.
    public var home: String?
    /// The engine would make it from another image now than it did: its name means another.
    public var isOutdated: Bool

    public init(
        workspace: WorkspaceID,
        app: AppID,
        definition: String?,
        state: State,
        endpoint: Endpoint?,
        extraEndpoints: [String: Endpoint] = [:],
        home: String? = nil,
        isOutdated: Bool = false
    ) {
        self.workspace = workspace
        self.app = app
        self.definition = definition
        self.state = state
        self.endpoint = endpoint
        self.extraEndpoints = extraEndpoints
        self.home = home
        self.isOutdated = isOutdated
    }
}
