import CarrelCore
import CarrelTesting
import Logging
import Synchronization
import Testing

@testable import CarrelWorkspaces

@Suite("Services that somebody else runs", .timeLimit(.minutes(1)))
struct ExposedServicesTests {
    /// An engine that shows what a test says.
    private final class Stage: ExposedListing {
        struct State {
            var services: [ExposedService] = []
            var findings: [EngineFinding] = []
            var fails = false
            var listeners: [AsyncStream<Void>.Continuation] = []
        }

        let state = Mutex(State())

        func exposed() async throws -> (services: [ExposedService], findings: [EngineFinding]) {
            try state.withLock { state in
                if state.fails { throw CarrelError(.engineFailed, "The engine does not answer.") }
                return (state.services, state.findings)
            }
        }

        func exposedChanges() -> AsyncStream<Void> {
            AsyncStream { stream in state.withLock { $0.listeners.append(stream) } }
        }

        func show(_ services: ExposedService...) { state.withLock { $0.services = services } }
        func tell() { for listener in state.withLock({ $0.listeners }) { listener.yield() } }
    }

    private struct Scene {
        let stage = Stage()
        let other = Stage()
        let routes = RecordingRoutes()
        let clock = VirtualClock()
        let users: People
        let services: ExposedServices
        let here: EngineName
        let far: EngineName

        /// Members, as a test says.
        final class People: Sendable {
            let all: Mutex<[User]>
            init(_ users: [User]) { all = Mutex(users) }
        }

        init() throws {
            here = try #require(EngineName("here"))
            far = try #require(EngineName("far"))
            let users = People([
                try ExposedServicesTests.user("a", groups: ["company:ops"]),
                try ExposedServicesTests.user("b", groups: []),
            ])
            self.users = users
            services = ExposedServices(
                [(here, stage), (far, other)],
                routes: routes,
                deployment: "main",
                questions: .init(
                    users: { users.all.withLock { $0 } },
                    admits: { user, access in access?.admits(user) ?? true },
                    refuses: { $0 == "work" ? "carrel's own name begins so." : nil }
                ),
                clock: clock,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
        }
    }

    private static func user(_ letter: Character, groups: Set<String>) throws -> User {
        User(
            id: try #require(UserID("u-" + String(repeating: letter, count: 16))),
            name: String(letter),
            identities: [],
            groups: groups,
            storageUID: 1,
            createdAt: Timestamp(milliseconds: 0)
        )
    }

    private static func service(_ name: String, port: Int = 3000, groups: Set<String>? = ["company:ops"])
        -> ExposedService
    {
        ExposedService(
            name: name,
            title: name,
            endpoint: .tcp(host: "10.0.0.2", port: port),
            access: groups.map { AccessRule(users: [], groups: $0) },
            prefix: .strip
        )
    }

    @Test("One that is listed gets a route for those whom its groups admit, and loses it when it goes")
    func comesAndGoes() async throws {
        let scene = try Scene()
        scene.stage.show(Self.service("grafana"))
        await scene.services.look()
        let id = WorkspaceID(service: "grafana", deployment: "main")
        let route = try #require(scene.routes.routes[id])
        #expect(route.service == ServiceAccess(name: "grafana", members: [try Self.user("a", groups: []).id]))
        #expect(route.endpoint == .tcp(host: "10.0.0.2", port: 3000))
        #expect(scene.services.shown.map(\.name) == ["grafana"])
        scene.stage.show()
        await scene.services.look()
        #expect(scene.routes.routes.isEmpty && scene.services.shown.isEmpty)
    }

    @Test("Nothing is published anew while nothing changes; another address or other members are")
    func changes() async throws {
        let scene = try Scene()
        scene.stage.show(Self.service("grafana"))
        await scene.services.look()
        await scene.services.look()
        #expect(scene.routes.published.count == 1)
        scene.stage.show(Self.service("grafana", port: 3001))
        await scene.services.look()
        #expect(scene.routes.published.count == 2)
        let newcomer = try Self.user("c", groups: ["company:ops"])
        scene.users.all.withLock { $0.append(newcomer) }
        await scene.services.expect(newcomer.id, at: "grafana")
        #expect(scene.routes.published.last?.service?.members?.contains(newcomer.id) == true)
        scene.users.all.withLock { users in for index in users.indices { users[index].groups = [] } }
        await scene.services.look()
        #expect(scene.routes.published.last?.service?.members?.isEmpty == true)
    }

    @Test("One for every member asks for no list of them")
    func everybody() async throws {
        let scene = try Scene()
        scene.stage.show(Self.service("shiny", groups: nil))
        await scene.services.look()
        #expect(scene.routes.published.first?.service == ServiceAccess(name: "shiny", members: nil))
    }

    @Test("Two of a name are both refused, with a sentence for operators, until one is gone")
    func clash() async throws {
        let scene = try Scene()
        scene.stage.show(Self.service("grafana"), Self.service("shiny"))
        await scene.services.look()
        scene.other.show(Self.service("grafana"))
        await scene.services.look()
        #expect(scene.services.shown.map(\.name) == ["shiny"])
        #expect(scene.routes.routes.count == 1)
        for (engine, other) in [(scene.here, "far"), (scene.far, "here")] {
            #expect(
                scene.services.findings(engine).map(\.message) == [
                    "“grafana” is not shown to members: the engine \(other) has a service of that name too. Rename one of "
                        + "them."
                ]
            )
        }
        scene.stage.show(Self.service("shiny"))
        await scene.services.look()
        #expect(scene.services.shown.map(\.name) == ["grafana", "shiny"])
        #expect(scene.services.findings(scene.here).isEmpty && scene.services.findings(scene.far).isEmpty)
    }

    @Test("A name that is needed otherwise is refused, with the reason")
    func reserved() async throws {
        let scene = try Scene()
        scene.stage.show(Self.service("work"))
        await scene.services.look()
        #expect(scene.services.shown.isEmpty && scene.routes.published.isEmpty)
        #expect(
            scene.services.findings(scene.here).map(\.message)
                == ["“work” is not shown to members: carrel's own name begins so."]
        )
    }

    @Test("An engine that does not answer keeps what it showed, and says so")
    func silence() async throws {
        let scene = try Scene()
        scene.stage.show(Self.service("grafana"))
        await scene.services.look()
        #expect(scene.services.settled.isOpen)
        scene.stage.state.withLock { $0.fails = true }
        await scene.services.look()
        #expect(scene.services.shown.map(\.name) == ["grafana"])
        #expect(scene.routes.routes.count == 1)
        #expect(scene.services.findings(scene.here).count == 1)
        scene.stage.state.withLock { $0.fails = false }
        await scene.services.look()
        #expect(scene.services.findings(scene.here).isEmpty)
    }

    @Test("It is looked at again when the engine tells of a change")
    func told() async throws {
        let scene = try Scene()
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { await scene.services.run() }
            try await scene.services.settled.wait()
            while scene.stage.state.withLock({ $0.listeners.isEmpty }) { await Task.yield() }
            scene.stage.show(Self.service("grafana"))
            scene.stage.tell()
            while scene.services.shown.isEmpty { await Task.yield() }
            tasks.cancelAll()
        }
        #expect(scene.routes.routes.count == 1)
    }
}
