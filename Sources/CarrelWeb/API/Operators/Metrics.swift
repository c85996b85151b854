import CarrelCore
import CarrelWorkspaces
import Hummingbird

/// `GET /metrics`: Prometheus's text format, version 0.0.4.
enum Metrics {
    static func show(_ call: Call) async throws -> Response {
        let living = try await call.workspaces.living()
        let traffic = await call.workspaces.traffic()
        let families =
            [workspaces(living), connections(living, traffic)] + pools(try await call.workspaces.pools())
            + [engines(await call.workspaces.engines())] + homes(try await call.workspaces.homes())
        return TextResponse.make(
            families.map(\.text).joined(),
            type: "text/plain; version=0.0.4; charset=utf-8"
        )
    }

    private static func workspaces(_ living: [Workspace]) -> MetricFamily {
        var family = MetricFamily(
            "carrel_workspaces",
            "Living workspaces by app, phase and whether they have an owner."
        )
        for (key, group) in Dictionary(grouping: living, by: { [$0.app.description, $0.phase.rawValue, $0.owned] }) {
            family.add(["app": key[0], "phase": key[1], "owned": key[2]], Double(group.count))
        }
        return family
    }

    private static func connections(_ living: [Workspace], _ traffic: [WorkspaceID: Traffic]) -> MetricFamily {
        var family = MetricFamily("carrel_connections_open", "Requests and tunnels open to workspaces of the app now.")
        for (app, group) in Dictionary(grouping: living, by: \.app) {
            family.add(["app": app.description], Double(group.reduce(0) { $0 + (traffic[$1.id]?.open ?? 0) }))
        }
        return family
    }

    private static func pools(_ pools: [PoolStatus]) -> [MetricFamily] {
        let gauges: [(String, String, (PoolStatus) -> Int?)] = [
            ("carrel_pool_wanted", "Spares that the app should have.", \.wanted),
            ("carrel_pool_ready", "Spares that are ready.", \.ready),
            ("carrel_pool_starting", "Spares that are starting.", \.starting),
            ("carrel_pool_claimed", "Workspaces of the app that have an owner.", \.claimed),
            ("carrel_pool_queued", "Claims of the app that wait for room.", \.queued),
            ("carrel_pool_max", "Most living workspaces of the app; absent where there is no bound.", \.max),
            ("carrel_pool_failing", "1 while the app's spares fail to start.", { $0.failing == nil ? 0 : 1 }),
        ]
        return gauges.map { name, help, value in
            var family = MetricFamily(name, help)
            for pool in pools { if let number = value(pool) { family.add(["app": "\(pool.app)"], Double(number)) } }
            return family
        }
    }

    /// What can't be measured has no size; how many those are is told.
    private static func homes(_ homes: [HomeReport]) -> [MetricFamily] {
        var used = MetricFamily("carrel_home_used_bytes", "What a home held when it was last measured.")
        var quota = MetricFamily("carrel_home_quota_bytes", "How much a home may hold; absent where there is no bound.")
        var at = MetricFamily("carrel_home_measured_seconds", "When a home was last measured, in seconds since 1970.")
        var unknown = MetricFamily("carrel_homes_unmeasurable", "Homes whose contents can't be measured.")
        for home in homes {
            let labels = ["home": home.name, "engine": "\(home.engine)", "user": "\(home.owner)"]
            let place = labels.merging(["location": home.location]) { first, _ in first }
            if let bytes = home.used { used.add(place, Double(bytes)) }
            if let bytes = home.quota { quota.add(place, Double(bytes)) }
            if home.used != nil, let moment = home.measuredAt { at.add(place, Double(moment.milliseconds) / 1000) }
        }
        for (name, group) in Dictionary(grouping: homes, by: { [$0.name, "\($0.engine)"] }) {
            unknown.add(["home": name[0], "engine": name[1]], Double(group.count { $0.trouble != nil }))
        }
        return [used, quota, at, unknown]
    }

    private static func engines(_ engines: [EngineStatus]) -> MetricFamily {
        var family = MetricFamily("carrel_engine_instances", "Instances at the engine's last listing.")
        for engine in engines {
            guard let instances = engine.instances else { continue }
            family.add(["engine": "\(engine.name)", "kind": engine.kind], Double(instances))
        }
        return family
    }
}

extension Workspace {
    fileprivate var owned: String { owner == nil ? "false" : "true" }
}
