import CarrelCore
import Synchronization
import Testing

/// A store with the names, ids and moments that a contract needs, so that each test says only what it is about.
final class StoreScene: Sendable {
    let store: any Store
    let start = Timestamp(milliseconds: 1_767_603_600_000)
    private let state: Mutex<(random: SeededRandom, seconds: Int)>

    init(_ store: any Store, seed: UInt64 = 1) {
        self.store = store
        state = Mutex((SeededRandom(seed: seed), 0))
    }

    /// A second later than the one before.
    func next() -> Timestamp {
        state.withLock { state in
            state.seconds += 1
            return start + .seconds(state.seconds)
        }
    }

    func workspaceID() -> WorkspaceID { state.withLock { WorkspaceID(from: &$0.random) } }
    func sessionID() -> SessionID { state.withLock { SessionID(from: &$0.random) } }
    func tokenID() -> TokenID { state.withLock { TokenID(from: &$0.random) } }
    func digest() -> String {
        state.withLock { state in (0..<32).map { _ in UInt8.random(in: 0...255, using: &state.random) }.hex }
    }

    func app(_ name: String = "lab") throws -> AppID { try #require(AppID(name)) }
    func name(_ name: String) throws -> WorkspaceName { try #require(WorkspaceName(name)) }

    func member(_ name: String) async throws -> UserID {
        let identity = Identity(provider: "test", subject: name, name: name)
        return try await store.ensureUser(identity, displayName: nil, groups: nil, by: .hub, at: next()).id
    }

    func members(_ count: Int) async throws -> [UserID] {
        var members: [UserID] = []
        for number in 0..<count { members.append(try await member("member-\(number)")) }
        return members
    }

    @discardableResult
    func spare(app: String = "lab", definition: String = "now", ready: Bool = true) async throws -> Workspace {
        let spare = Workspace(
            id: workspaceID(),
            app: try self.app(app),
            engine: try #require(EngineName("local")),
            definition: definition,
            token: "token",
            phase: .starting,
            createdAt: next()
        )
        try await store.addSpare(spare, at: spare.createdAt)
        guard ready else { return spare }
        return try await makeReady(spare.id)
    }

    @discardableResult
    func makeReady(_ id: WorkspaceID) async throws -> Workspace {
        try await apply(.ready(.unix(path: "/run/\(id)"), extra: [:]), to: id)
    }

    @discardableResult
    func apply(_ change: WorkspaceChange, to id: WorkspaceID, by actor: Actor = .hub) async throws -> Workspace {
        try await store.apply(change, to: id, by: actor, at: next())
    }

    func request(
        _ user: UserID,
        app: String = "lab",
        name: String? = nil,
        definition: String = "now",
        maySpare: Bool = true,
        maxLiving: Int? = nil,
        maxPerMember: Int? = nil
    ) throws -> ClaimRequest {
        ClaimRequest(
            user: user,
            app: try self.app(app),
            name: try name.map { try self.name($0) } ?? .unnamed,
            newID: workspaceID(),
            newToken: "token",
            engine: try #require(EngineName("local")),
            definition: definition,
            maySpare: maySpare,
            maxLiving: maxLiving,
            maxPerMember: maxPerMember
        )
    }

    func claim(_ request: ClaimRequest) async throws -> Claim {
        try await store.claim(request, by: .user(request.user), at: next())
    }

    /// Everything in the record, oldest first.
    func record() async throws -> [ChainedEntry] {
        var all: [ChainedEntry] = []
        var position: Int64 = 0
        while true {
            let page = try await store.record(after: position, limit: 50)
            all += page.entries
            if page.next == position { return all }
            position = page.next
        }
    }

    /// Kinds of what was recorded while `body` ran.
    func recorded(_ body: () async throws -> Void) async throws -> [String] {
        let before = try await record().count
        try await body()
        return try await record().dropFirst(before).map(\.entry.kind)
    }
}

/// Expects a `CarrelError` of that code.
func expect(
    _ code: CarrelError.Code,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async {
    let error = await #expect(throws: CarrelError.self, sourceLocation: sourceLocation) { try await body() }
    #expect(error?.code == code, sourceLocation: sourceLocation)
}

extension Claim {
    /// How it was met, in a word.
    var how: String {
        switch self {
        case .existing: "existing"
        case .spare: "spare"
        case .starting: "starting"
        case .created: "created"
        case .queued: "queued"
        }
    }
}
