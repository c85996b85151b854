import CarrelCore
import CarrelIdentity
import CarrelWorkspaces
import Hummingbird

/// `GET /` on the operators' listener: pools, engines and everybody's workspaces.
enum ConsolePage {
    private struct Data {
        struct Pool {
            let app: String
            let wanted: Int
            let ready: Int
            let starting: Int
            let claimed: Int
            let queued: Int
            let max: String
            let failing: String?
        }

        struct Row {
            let id: String
            let app: String
            let name: String?
            let owner: String?
            let word: String
            let style: String
            let since: String
            let stop: String?
            let csrf: String
        }

        struct Engine {
            let name: String
            let kind: String
            let instances: String
            let findings: [String]
        }

        let pools: [Pool]
        let engines: [Engine]
        let rows: [Row]
        let hasRows: Bool
        let left: Int?
    }

    /// Workspaces that one page shows.
    private static let rowsShown = 500

    static func show(_ call: Call) async throws -> Response {
        let living = try await call.workspaces.living()
        let pools = try await call.workspaces.pools()
        let engines = await call.engines()
        var rows: [Data.Row] = []
        let shown = living.filter { $0.owner != nil } + living.filter { $0.owner == nil }
        for (workspace, view) in zip(shown, try await call.views(Array(shown.prefix(rowsShown)))) {
            rows.append(row(workspace, owner: view.ownerName, call))
        }
        let data = Data(
            pools: pools.map(pool),
            engines: engines.map { engine in
                Data.Engine(
                    name: engine.name.description,
                    kind: engine.kind,
                    instances: engine.instances.map(String.init) ?? "unknown",
                    findings: engine.findings.map { "\($0.severity.rawValue): \($0.message)" }
                )
            },
            rows: rows,
            hasRows: !rows.isEmpty,
            left: living.count > rowsShown ? living.count - rowsShown : nil
        )
        return Layout("Operators").response(call.hub.pages.console, data, call)
    }

    private static func pool(_ pool: PoolStatus) -> Data.Pool {
        Data.Pool(
            app: pool.app.description,
            wanted: pool.wanted,
            ready: pool.ready,
            starting: pool.starting,
            claimed: pool.claimed,
            queued: pool.queued,
            max: pool.max.map(String.init) ?? "–",
            failing: pool.failing
        )
    }

    private static func row(_ workspace: Workspace, owner: String?, _ call: Call) -> Data.Row {
        Data.Row(
            id: workspace.id.description,
            app: workspace.app.description,
            name: workspace.owner == nil || workspace.name == .unnamed ? nil : workspace.name.description,
            owner: owner ?? workspace.owner?.description,
            word: workspace.phaseShown.word,
            style: workspace.phaseShown.rawValue,
            since: workspace.since(call.now),
            stop: workspace.phase == .stopping ? nil : "/workspaces/\(workspace.id)/stop",
            csrf: call.csrfToken ?? ""
        )
    }
}
