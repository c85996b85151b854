/// What Carrel remembers. Each call is one transaction that happens whole or not at all, is durable when it returns,
/// and appends to the record what it changed. Safe to call from many tasks; several processes may share one store.
public protocol Store: UserStore, SessionStore, WorkspaceStore, RecordStore, HomeStore {
    /// Yields after another process changed something, within a second. May yield more often.
    func externalChanges() -> AsyncStream<Void>
    func close() async throws
}

public protocol UserStore: Sendable {
    func user(_ id: UserID) async throws -> User?
    func user(provider: String, subject: String) async throws -> User?
    /// All members, in the order in which they were made.
    func users() async throws -> [User]
    /// The member with this identity, made if there is none. Name, e-mail and groups from this provider are updated:
    /// groups of other providers are kept.
    func ensureUser(_ identity: Identity, displayName: String?, groups: Set<String>?, by: Actor, at: Timestamp)
        async throws -> User
    /// Makes a local account with its password's hash (`conflict` if the name is taken).
    func addLocalAccount(_ new: NewLocalAccount, by: Actor, at: Timestamp) async throws -> User
    /// Nil if there is no such account or it has no password.
    func passwordHash(provider: String, name: String) async throws -> String?
    func setPasswordHash(_ hash: String, provider: String, name: String, by: Actor, at: Timestamp) async throws
    /// Changes groups, operator role or whether the member is disabled. Nil fields stay. `notFound` if unknown.
    func changeUser(_ id: UserID, groups: Set<String>?, isOperator: Bool?, isDisabled: Bool?, by: Actor, at: Timestamp)
        async throws -> User
}

public struct NewLocalAccount: Hashable, Sendable {
    public var provider: String
    public var name: String
    /// As `CarrelIdentity` writes it; nil: can't sign in with a password.
    public var passwordHash: String?
    public var groups: Set<String>
    public var isOperator: Bool

    public init(
        provider: String,
        name: String,
        passwordHash: String?,
        groups: Set<String> = [],
        isOperator: Bool = false
    ) {
        self.provider = provider
        self.name = name
        self.passwordHash = passwordHash
        self.groups = groups
        self.isOperator = isOperator
    }
}

extension SessionStore {
    /// A session that no other provider vouched for.
    public func addSession(_ session: Session, by actor: Actor) async throws {
        try await addSession(session, grant: nil, by: actor)
    }
}

public protocol SessionStore: Sendable {
    /// `grant`: of that session, where another provider vouched. `conflict` if there is such a session already.
    func addSession(_ session: Session, grant: ProviderGrant?, by: Actor) async throws
    func session(_ id: SessionID) async throws -> Session?
    func revokeSession(_ id: SessionID, by: Actor, at: Timestamp) async throws
    /// Revokes every session of the member, and returns how many.
    func revokeSessions(of user: UserID, by: Actor, at: Timestamp) async throws -> Int
    /// Those that are revoked and would not have expired yet.
    func revokedSessions(at: Timestamp) async throws -> Set<SessionID>

    /// Of a session that lives; nil if it has ended, or no other provider vouched. A session's end removes its grant.
    func grant(of session: SessionID, at: Timestamp) async throws -> ProviderGrant?
    /// Of sessions that live and whose `checkAt` has come, the longest due first, at most `limit`.
    func grants(provider: String, dueAt: Timestamp, limit: Int) async throws -> [ProviderGrant]
    /// Of sessions that live: all of this subject, or those of one session of the provider's. Both nil: none.
    func grants(provider: String, subject: String?, providerSession: String?, at: Timestamp) async throws
        -> [ProviderGrant]
    /// Does nothing if the session has ended.
    func updateGrant(of session: SessionID, sealed: String, checkAt: Timestamp) async throws

    func addToken(_ token: APIToken, by: Actor) async throws
    /// All tokens, also revoked and expired ones.
    func tokens() async throws -> [APIToken]
    /// `notFound` if there is none.
    func revokeToken(_ id: TokenID, by: Actor, at: Timestamp) async throws

    func addTicket(_ ticket: LaunchTicket, by: Actor, at: Timestamp) async throws
    /// The ticket, once; nil if it is unknown, used or expired.
    func useTicket(digest: String, at: Timestamp) async throws -> LaunchTicket?
}

/// A member asking for a workspace.
public struct ClaimRequest: Hashable, Sendable {
    public var user: UserID
    public var app: AppID
    public var name: WorkspaceName
    /// Used if a new workspace has to be made.
    public var newID: WorkspaceID
    public var newToken: String
    public var engine: EngineName
    public var definition: String
    /// False where spares can't take this app's home, or the app needs its owner at the start.
    public var maySpare: Bool
    public var maxLiving: Int?
    public var maxPerMember: Int?
    public var predecessor: WorkspaceID?

    public init(
        user: UserID,
        app: AppID,
        name: WorkspaceName,
        newID: WorkspaceID,
        newToken: String,
        engine: EngineName,
        definition: String,
        maySpare: Bool,
        maxLiving: Int?,
        maxPerMember: Int?,
        predecessor: WorkspaceID? = nil
    ) {
        self.user = user
        self.app = app
        self.name = name
        self.newID = newID
        self.newToken = newToken
        self.engine = engine
        self.definition = definition
        self.maySpare = maySpare
        self.maxLiving = maxLiving
        self.maxPerMember = maxPerMember
        self.predecessor = predecessor
    }
}

/// How a claim was met.
public enum Claim: Hashable, Sendable {
    /// They had one already; any living phase.
    case existing(Workspace)
    /// A ready spare is theirs now; its home is not attached yet.
    case spare(Workspace)
    /// A starting spare is theirs now.
    case starting(Workspace)
    /// A new one, phase `starting`: the engine is to be told.
    case created(Workspace)
    /// A place in the queue, phase `queued`.
    case queued(Workspace)

    public var workspace: Workspace {
        switch self {
        case .existing(let it), .spare(let it), .starting(let it), .created(let it), .queued(let it): it
        }
    }
}

public protocol WorkspaceStore: Sendable {
    /// Their own living one, else a ready spare (of the current definition first, then the oldest), else a starting
    /// spare, else a new one if `maxLiving` leaves room, else a place in the queue; one transaction.
    /// Nobody passes those who wait: with anyone queued for the app, a new claim is queued too, unless it meets
    /// the caller's own. Throws `limitReached` when the member has `maxPerMember` of the app.
    func claim(_ request: ClaimRequest, by: Actor, at: Timestamp) async throws -> Claim
    /// Adds a spare in phase `starting` (`owner` nil), before the engine is told; false, and nothing is added, if the
    /// app has `maxLiving` living ones already (nil: no bound): claims may have taken the room meanwhile.
    func addSpare(_ workspace: Workspace, maxLiving: Int?, at: Timestamp) async throws -> Bool
    /// Applies `change` with `Workspace.applying` and returns the result. `notFound` if there is no such workspace,
    /// `conflict` if its phase does not allow it.
    func apply(_ change: WorkspaceChange, to id: WorkspaceID, by: Actor, at: Timestamp) async throws -> Workspace
    /// Later activity only; unknown and ended ones are passed over.
    func recordActivity(_ moments: [WorkspaceID: Timestamp]) async throws

    func workspace(_ id: WorkspaceID) async throws -> Workspace?
    /// Everything but `ended`, oldest first. A row that can't be read is left out here and in `unreadable`.
    func living() async throws -> [Workspace]
    /// A member's, living ones and the last `endedLimit` ended ones, newest first.
    func workspaces(of user: UserID, endedLimit: Int) async throws -> [Workspace]
    /// The last `limit` ended ones of everybody, newest first.
    func ended(limit: Int) async throws -> [Workspace]
    /// Who had what from `from` until before `to`, which is not in the future; by member, then by app.
    func usage(from: Timestamp, to: Timestamp) async throws -> [Usage]
    /// Ids (as text) of rows that can't be read: reported to the operator, never deleted.
    func unreadable() async throws -> [String]
    /// 1 for the next to be admitted; nil if it isn't queued.
    func queuePosition(_ id: WorkspaceID) async throws -> Int?

    /// The latest decision of the same verdict and sentence is brought up to date instead of repeated.
    func addDecision(_ decision: Decision) async throws
    /// Newest first.
    func decisions(workspace: WorkspaceID, limit: Int) async throws -> [Decision]
    /// Newest first; also those without a workspace (refusals).
    func decisions(user: UserID, limit: Int) async throws -> [Decision]
}

public protocol RecordStore: Sendable {
    func append(_ entry: RecordEntry) async throws
    /// Oldest first, from `after` (exclusive) of the row order; with the position to go on from.
    func record(after: Int64, limit: Int) async throws -> (entries: [ChainedEntry], next: Int64)
    /// Nil if every chain is whole; else what is broken first, as a sentence.
    func verifyRecord() async throws -> String?
}

extension WorkspaceStore {
    /// Adds a spare whatever lives already.
    public func addSpare(_ workspace: Workspace, at now: Timestamp) async throws {
        _ = try await addSpare(workspace, maxLiving: nil, at: now)
    }
}
