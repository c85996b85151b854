public import CarrelCore
public import Logging
import Synchronization

/// Services that somebody else runs beside the workspaces and that members see through carrel: a loop that makes the
/// routes what the engines list. It comes and goes with its container; carrel never starts or stops one.
///
/// Events are hints, listing is the truth; an engine that does not answer keeps what it listed last.
public actor ExposedServices {
    /// How long a change of who may enter can take to be noticed where nobody tells of it.
    public static let pace: Duration = .seconds(5)

    /// One that members may see.
    public struct Shown: Hashable, Sendable {
        public var name: String
        public var title: String
        /// Nil: every member.
        public var access: AccessRule?
        /// What stands for it in routes and cookies.
        public var id: WorkspaceID

        public init(name: String, title: String, access: AccessRule?, id: WorkspaceID) {
            self.name = name
            self.title = title
            self.access = access
            self.id = id
        }
    }

    /// What is asked of others.
    public struct Questions: Sendable {
        /// All members.
        public var users: @Sendable () async throws -> [User]
        /// Whether a member may enter what has this rule; nil: open to every member.
        public var admits: @Sendable (User, AccessRule?) -> Bool
        /// Why a service may not have this name; nil: it may.
        public var refuses: @Sendable (String) -> String?

        public init(
            users: @escaping @Sendable () async throws -> [User],
            admits: @escaping @Sendable (User, AccessRule?) -> Bool,
            refuses: @escaping @Sendable (String) -> String? = { _ in nil }
        ) {
            self.users = users
            self.admits = admits
            self.refuses = refuses
        }
    }

    private let listings: [(engine: EngineName, listing: any ExposedListing)]
    private let routes: any RoutePublishing
    private let deployment: String
    private let questions: Questions
    private let clock: any WallClock
    private let logger: Logger
    private let poked = Signal()
    /// Open once every engine was listed.
    public nonisolated let settled = Latch()

    private var listed: [EngineName: [ExposedService]] = [:]
    private var told: [EngineName: [EngineFinding]] = [:]
    private var published: [String: Route] = [:]
    /// Read by pages, which don't wait for a pass.
    private nonisolated let view = Mutex(View())

    private struct View {
        var shown: [Shown] = []
        var findings: [EngineName: [EngineFinding]] = [:]
    }

    public init(
        _ listings: [(engine: EngineName, listing: any ExposedListing)],
        routes: any RoutePublishing,
        deployment: String,
        questions: Questions,
        clock: any WallClock = SystemClock(),
        logger: Logger
    ) {
        self.listings = listings
        self.routes = routes
        self.deployment = deployment
        self.questions = questions
        self.clock = clock
        self.logger = logger
        if listings.isEmpty { settled.open() }
    }

    // MARK: - What there is

    /// In the order of their names.
    public nonisolated var shown: [Shown] { view.withLock { $0.shown } }

    public nonisolated func shown(_ name: String) -> Shown? { shown.first { $0.name == name } }

    /// What an operator should do about services of an engine.
    public nonisolated func findings(_ engine: EngineName) -> [EngineFinding] {
        view.withLock { $0.findings[engine] ?? [] }
    }

    /// Who may enter has changed, or something came or went.
    public nonisolated func poke() { poked.set() }

    /// Returns once the gateway lets this member in, if the rule does: somebody who has just signed in for the first time
    /// is in no list yet.
    public func expect(_ user: UserID, at name: String) async {
        guard let service = published[name]?.service, let members = service.members, !members.contains(user) else {
            return
        }
        await look()
    }

    // MARK: - The loop

    /// Until the task is cancelled. Routes stay then.
    public nonisolated func run() async {
        guard !listings.isEmpty else { return }
        await withDiscardingTaskGroup { group in
            for (_, listing) in listings {
                group.addTask { for await _ in listing.exposedChanges() { self.poke() } }
            }
            while !Task.isCancelled {
                await look()
                let pause = settled.isOpen ? Self.pace : .milliseconds(250)
                await poked.wait(until: clock.now() + pause, on: clock)
            }
            group.cancelAll()
        }
    }

    /// One pass.
    public func look() async {
        var failed: [EngineName: EngineFinding] = [:]
        var said: [EngineName: [EngineFinding]] = [:]
        for (engine, listing) in listings {
            do {
                let (services, findings) = try await listing.exposed()
                listed[engine] = services
                said[engine] = findings
            } catch {
                let sentence = (error as? CarrelError)?.message ?? "\(error)"
                failed[engine] = EngineFinding(.warning, "What it shows to members is not known: \(sentence)")
                said[engine] = told[engine] ?? []
            }
        }
        guard !Task.isCancelled else { return }
        told = said
        var findings = said
        for (engine, finding) in failed { findings[engine, default: []].append(finding) }
        let services = sorted(&findings)
        await publish(services, users: try? await questions.users())
        let now = findings
        let new = view.withLock { view -> [(EngineName, EngineFinding)] in
            let before = view.findings
            view.findings = now
            return now.flatMap { engine, all in all.filter { before[engine]?.contains($0) != true }.map { (engine, $0) }
            }
        }
        for (engine, finding) in new where settled.isOpen || failed[engine] == nil {
            logger.warning("engine \(engine): \(finding.message)")
        }
        if failed.isEmpty { settled.open() }
    }

    /// Those whose name is theirs alone. Nobody can say which of several members would be let into.
    private func sorted(_ findings: inout [EngineName: [EngineFinding]]) -> [ExposedService] {
        var engines: [String: [EngineName]] = [:]
        for (engine, services) in listed {
            for service in services { engines[service.name, default: []].append(engine) }
        }
        var good: [ExposedService] = []
        for (engine, _) in listings {
            for service in listed[engine] ?? [] {
                let others = (engines[service.name] ?? []).filter { $0 != engine }.map(\.description).sorted()
                if !others.isEmpty {
                    findings[engine, default: []].append(
                        EngineFinding(
                            .warning,
                            "“\(service.name)” is not shown to members: the engine \(others.joined(separator: ", ")) has "
                                + "a service of that name too. Rename one of them."
                        )
                    )
                } else if let reason = questions.refuses(service.name) {
                    findings[engine, default: []].append(
                        EngineFinding(.warning, "“\(service.name)” is not shown to members: \(reason)")
                    )
                } else {
                    good.append(service)
                }
            }
        }
        return good.sorted { $0.name < $1.name }
    }

    // MARK: - Routes

    /// `users` nil: they can't be asked, so that whoever was let in stays, and nobody new comes.
    private func publish(_ services: [ExposedService], users: [User]?) async {
        for (name, route) in published where !services.contains(where: { $0.name == name }) {
            await routes.withdraw(route.workspace)
            published[name] = nil
            logger.info("the service \(name) is shown no more")
        }
        var shown: [Shown] = []
        for service in services {
            let members = service.access.map { access in
                users.map { all in Set(all.filter { questions.admits($0, access) }.map(\.id)) }
                    ?? published[service.name]?.service?.members ?? []
            }
            guard let route = Route(service, members: members, deployment: deployment) else { continue }
            if published[service.name] != route {
                if published[service.name] == nil { logger.info("the service \(service.name) is shown to members") }
                await routes.publish(route)
                published[service.name] = route
            }
            shown.append(Shown(name: service.name, title: service.title, access: service.access, id: route.workspace))
        }
        let all = shown
        view.withLock { $0.shown = all }
    }
}

extension Route {
    /// Nobody's: id and owner stand for the service.
    init?(_ service: ExposedService, members: Set<UserID>?, deployment: String) {
        let id = WorkspaceID(service: service.name, deployment: deployment)
        guard let app = AppID(service.name), let owner = UserID("u-" + id.description.dropFirst(3)) else { return nil }
        self.init(
            workspace: id,
            app: app,
            owner: owner,
            endpoint: service.endpoint,
            prefix: service.prefix,
            service: ServiceAccess(name: service.name, members: members)
        )
    }
}
