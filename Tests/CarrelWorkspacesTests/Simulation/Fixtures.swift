import CarrelCore
import CarrelTesting
import Foundation
import Testing

@testable import CarrelWorkspaces

extension AppID {
    static let lab = AppID(fixed: "lab")

    init(fixed text: String) {
        guard let id = AppID(text) else { preconditionFailure("not an app id: \(text)") }
        self = id
    }
}

extension EngineName {
    static let here: EngineName = {
        guard let name = EngineName("here") else { preconditionFailure("not an engine's name") }
        return name
    }()
}

extension App {
    /// JupyterLab-like, with a home of its own for each member and name.
    static func lab(
        spares: Int = 0,
        max: Int? = nil,
        maxAge: Duration? = nil,
        idle: IdlePolicy = IdlePolicy(),
        _ change: (inout App) -> Void = { _ in }
    ) throws -> App {
        let rule = HomeRule(
            id: "team",
            engine: .here,
            location: try Template("/homes/{{user.id}}/{{workspace.name}}"),
            kind: .directory
        )
        var app = App(
            id: .lab,
            title: "JupyterLab",
            engine: .here,
            command: [try Template("lab --base={{workspace.path}}")],
            headers: ["Authorization": .template(try Template("token {{workspace.token}}"))],
            ready: ReadyCheck(path: "/api/status", within: .seconds(60)),
            home: HomeUse(rule: rule, mount: "/home/member"),
            pool: PoolPolicy(spares: spares, max: max, maxAge: maxAge),
            idle: idle
        )
        change(&app)
        return app
    }
}

/// Workspaces and pictures of them, for what is pure.
struct Picture {
    var random = SeededRandom(seed: 7)
    let start = Timestamp(milliseconds: 1_767_603_600_000)
    let endpoint = Endpoint.tcp(host: "127.0.0.1", port: 1)

    mutating func spare(_ app: App, definition: String? = nil, readyAt: Timestamp? = nil) throws -> Workspace {
        let made = Workspace(
            id: WorkspaceID(from: &random),
            app: app.id,
            engine: app.engine,
            definition: definition ?? app.definition,
            token: "t",
            phase: .starting,
            createdAt: start
        )
        guard let readyAt else { return made }
        return try made.applying(.started, at: start).applying(.ready(endpoint, extra: [:]), at: readyAt)
    }

    mutating func owned(_ app: App, openAt: Timestamp) throws -> Workspace {
        let spare = try spare(app, readyAt: openAt)
        let claimed = spare.claimed(by: UserID(from: &random), name: .unnamed, at: openAt)
        return try #require(claimed).applying(.handedOver(home: "/h", nil), at: openAt)
    }

    mutating func queued(_ app: App) -> Workspace {
        Workspace(
            id: WorkspaceID(from: &random),
            app: app.id,
            engine: app.engine,
            definition: app.definition,
            token: "t",
            owner: UserID(from: &random),
            phase: .queued,
            createdAt: start
        )
    }

    func running(_ workspace: Workspace) -> Instance {
        Instance(
            workspace: workspace.id,
            app: workspace.app,
            definition: workspace.definition,
            state: .running,
            endpoint: endpoint
        )
    }

    func plan(
        _ apps: [App],
        _ wanted: [Workspace],
        instances: [Instance]? = nil,
        now: Timestamp? = nil,
        pacing: Pacing = Pacing(startsAtOnce: 4),
        _ change: (inout Observed) -> Void = { _ in }
    ) -> Plan {
        var observed = Observed()
        let all = instances ?? wanted.filter { $0.startedAt != nil }.map(running)
        observed.instances = Dictionary(all.map { ($0.workspace, $0) }) { first, _ in first }
        for row in wanted where row.isOpen { observed.published[row.id] = PublishedRoute(row, rules: 1) }
        change(&observed)
        return Planner.plan(
            wanted: wanted,
            observed: observed,
            rules: Rulebook(WorkspaceRules(deployment: "test", apps: apps)),
            engine: .here,
            pacing: pacing,
            now: now ?? start
        )
    }
}
