import CarrelCore
import Logging
import Synchronization

/// What is known of homes between two looks at the store, and who wants to know more.
final class HomeBook: Sendable {
    private struct State {
        /// Ids never change: known once, known for ever.
        var projects: [HomeKey: UInt32] = [:]
        var asked: Set<HomeKey> = []
    }

    private let store: any Store
    private let state = Mutex(State())
    /// One for each engine whose homes are measured.
    private let pokes: [EngineName: Signal]

    init(_ store: any Store, engines: [EngineName]) {
        self.store = store
        pokes = Dictionary(engines.map { ($0, Signal()) }) { first, _ in first }
    }

    func signal(of engine: EngineName) -> Signal? { pokes[engine] }

    /// The home's quota with the id by which the file system counts it: given at its first use, in one transaction.
    func quota(_ key: HomeKey, rule: HomeRule, owner: UserID) async throws -> HomeQuota? {
        guard let bytes = rule.quota else { return nil }
        if let known = state.withLock({ $0.projects[key] }) { return HomeQuota(bytes: bytes, project: known) }
        let record = try await store.ensureHome(key, home: rule.id, owner: owner, projects: rule.projects)
        if let project = record.project { state.withLock { $0.projects[key] = project } }
        return HomeQuota(bytes: bytes, project: record.project)
    }

    /// It is measured soon, though it is not its time.
    func ask(_ key: HomeKey) {
        state.withLock { _ = $0.asked.insert(key) }
        pokes[key.engine]?.set()
    }

    func poke(_ engine: EngineName) { pokes[engine]?.set() }

    func isAsked(_ key: HomeKey) -> Bool { state.withLock { $0.asked.contains(key) } }

    func answered(_ key: HomeKey) { state.withLock { _ = $0.asked.remove(key) } }
}

extension HomeRule {
    /// One member's home of this rule.
    func key(owner: UserID, name: WorkspaceName) -> HomeKey {
        HomeKey(
            engine: engine,
            location: location.expanded([.userID: owner.description, .workspaceName: name.description])
        )
    }
}

extension Hands {
    /// The owner's home for this workspace, with its quota; nil if the app has none.
    func home(of row: Workspace, app: App, owner: User) async throws -> HomeMount? {
        guard var mount = app.homeMount(row, owner: owner, sites: around.rules.now.sites), let rule = app.home?.rule
        else { return nil }
        if rule.quota != nil, around.engines.ifPrepared(row.engine)?.can.homes != nil {
            let key = HomeKey(engine: row.engine, location: mount.location)
            mount.quota = try await around.homes.quota(key, rule: rule, owner: owner.id)
        }
        return mount
    }

    /// A workspace ended: what it left in its home is measured soon.
    func leftHome(_ row: Workspace) async {
        guard let location = row.home, let owner = row.owner, around.engines.ifPrepared(row.engine)?.can.homes != nil,
            let rule = around.rules.now.known(row).app.home?.rule
        else { return }
        let key = HomeKey(engine: row.engine, location: location)
        do {
            _ = try await store.ensureHome(key, home: rule.id, owner: owner, projects: nil)
            try await store.leaveHome(key, at: around.clock.now())
            around.homes.poke(row.engine)
        } catch {
            around.logger.warning("the home of workspace \(row.id) is measured later: \(error)")
        }
    }
}
