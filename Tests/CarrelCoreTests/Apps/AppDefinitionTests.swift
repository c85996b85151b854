import CarrelCore
import Testing

@Suite("An app's definition")
struct AppDefinitionTests {
    private static func app() throws -> App {
        App(
            id: try #require(AppID("lab")),
            title: "Lab",
            engine: try #require(EngineName("local")),
            command: [try Template("lab"), try Template("--port={{workspace.port}}")],
            environment: [
                "B": .template(try Template("b")), "A": .template(try Template("a")), "S": .secret(Secret("s")),
            ],
            headers: ["X": .secret(Secret("x"))],
            labels: ["z": "1", "y": "2"]
        )
    }

    @Test("Equal apps have equal definitions, in whatever order their parts were given, in every process")
    func stable() throws {
        let app = try Self.app()
        var again = try Self.app()
        again.environment = [:]
        for key in ["S", "A", "B"] { again.environment[key] = app.environment[key] }
        #expect(app.definition == again.definition)
        #expect(app.definition == "948909a52835e0ae")
    }

    @Test("Whatever shapes an instance changes the definition")
    func sensitive() throws {
        let app = try Self.app()
        let other = try #require(EngineName("other"))
        let rule = HomeRule(id: "team", engine: app.engine, location: try Template("/h/{{user.id}}"), kind: .directory)
        let template = try Template("c")
        let changes: [(String, (inout App) -> Void)] = [
            ("engine", { $0.engine = other }), ("image", { $0.image = "x" }), ("command", { $0.command.removeLast() }),
            ("environment", { $0.environment["A"] = .template(template) }),
            ("a secret", { $0.environment["S"] = .secret(Secret("t")) }), ("port", { $0.port = 80 }),
            ("ports", { $0.ports = ["vnc": 5900] }), ("prefix", { $0.prefix = .strip }),
            ("headers", { $0.headers = [:] }), ("ready", { $0.ready.path = "/up" }),
            ("home", { $0.home = HomeUse(rule: rule, mount: "/home") }), ("cpu", { $0.resources.cpu = 2 }),
            ("memory", { $0.resources.memory = 1 << 30 }), ("egress", { $0.egress = .internet }),
            ("labels", { $0.labels["y"] = "3" }),
        ]
        var seen = [app.definition]
        for (what, change) in changes {
            var changed = app
            change(&changed)
            #expect(!seen.contains(changed.definition), "\(what)")
            seen.append(changed.definition)
        }
    }

    @Test("Title, access, pool and idle rules take effect without replacing a spare")
    func insensitive() throws {
        let app = try Self.app()
        var changed = app
        changed.title = "Laboratory"
        changed.description = "For experiments"
        changed.pool = PoolPolicy(spares: 3, max: 9, maxAge: .seconds(60))
        changed.idle = IdlePolicy(after: .seconds(60))
        changed.access = AccessRule(users: ["local:ada"])
        changed.limitPerMember = 1
        changed.lifetime = .seconds(3600)
        changed.origins = ["https://example.org"]
        #expect(changed.definition == app.definition)
    }

    @Test("An app that needs to know its owner at the start can't have spares")
    func needsOwner() throws {
        var app = try Self.app()
        #expect(!app.needsOwnerAtStart)
        app.environment["WHO"] = .template(try Template("{{user.name}}"))
        #expect(app.needsOwnerAtStart)
        app.environment["WHO"] = nil
        app.command.append(try Template("{{workspace.name}}"))
        #expect(app.needsOwnerAtStart)
    }
}
