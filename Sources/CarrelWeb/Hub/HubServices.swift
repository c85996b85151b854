public import CarrelCore
public import CarrelIdentity
public import CarrelWorkspaces

/// Everything that pages and API work with. One value serves all listeners.
public struct HubServices: Sendable {
    /// One page of the record, oldest first: the entries and the position to go on from.
    public typealias RecordPage = (entries: [ChainedEntry], next: Int64)

    public var signIn: any SignInService
    public var workspaces: any WorkspaceService
    public var clock: any WallClock
    public var settings: @Sendable () -> HubSettings
    /// All members, in the order in which they were made.
    public var users: @Sendable () async throws -> [User]
    /// The record from a position (exclusive) on, at most `limit` entries.
    public var record: @Sendable (_ after: Int64, _ limit: Int) async throws -> RecordPage
    /// Who had what in a period that is not in the future.
    public var usage: @Sendable (_ from: Timestamp, _ to: Timestamp) async throws -> [Usage]
    /// Nil when everything that a claim needs works; else a sentence for `/readyz`.
    public var unready: @Sendable () async -> String?
    /// Applies a changed configuration file and returns what the operator should know. Throws `configuration` with
    /// every problem in its message; then nothing has changed.
    public var reload: @Sendable () async throws -> [String]
    /// The process of this number wants to take over: what follows is between it and this one. Throws `conflict` while
    /// another does.
    public var takeOver: @Sendable (_ pid: Int32) async throws -> Void
    /// Whether the gateway leads to the workspace now.
    public var isRouted: @Sendable (WorkspaceID) async -> Bool
    /// Services that somebody else runs. Nil: none are looked for.
    public var exposed: ExposedServices?
    /// Passed by every request.
    public var gate: HubGate
    /// Open once this process is to stop: what has no end of its own ends then.
    public var ending: Latch

    public init(
        signIn: any SignInService,
        workspaces: any WorkspaceService,
        clock: any WallClock,
        settings: @escaping @Sendable () -> HubSettings,
        users: @escaping @Sendable () async throws -> [User],
        record: @escaping @Sendable (_ after: Int64, _ limit: Int) async throws -> RecordPage,
        usage: @escaping @Sendable (_ from: Timestamp, _ to: Timestamp) async throws -> [Usage],
        unready: @escaping @Sendable () async -> String?,
        reload: @escaping @Sendable () async throws -> [String],
        takeOver: @escaping @Sendable (_ pid: Int32) async throws -> Void = { _ in
            throw CarrelError(.unsupported, "This carrel can't be taken over.")
        },
        isRouted: @escaping @Sendable (WorkspaceID) async -> Bool = { _ in true },
        exposed: ExposedServices? = nil,
        gate: HubGate = HubGate(),
        ending: Latch = Latch()
    ) {
        self.signIn = signIn
        self.workspaces = workspaces
        self.clock = clock
        self.settings = settings
        self.users = users
        self.record = record
        self.usage = usage
        self.unready = unready
        self.reload = reload
        self.takeOver = takeOver
        self.isRouted = isRouted
        self.exposed = exposed
        self.gate = gate
        self.ending = ending
    }
}
