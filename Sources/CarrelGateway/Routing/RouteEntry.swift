import CarrelCore

/// One event loop's own entry for a workspace: the plan, its connections and what was counted there.
final class RouteEntry {
    private(set) var plan: RoutePlan
    private(set) var pools: [UpstreamPool]
    var traffic = TrafficCount()
    /// Page requests held until the workspace is resumed.
    var held: [ClientConnection] = []
    private(set) var isWithdrawn = false
    /// The connections that are counted as open: a withdrawal must not look through everybody's.
    private(set) var users: [ClientConnection] = []

    init(_ plan: RoutePlan, pool: (Endpoint) -> UpstreamPool) {
        self.plan = plan
        pools = [pool(plan.main.endpoint)] + plan.ports.map { pool($0.mount.endpoint) }
    }

    func enter(_ connection: ClientConnection) {
        connection.place = users.count
        users.append(connection)
        traffic.open += 1
    }

    /// The last one takes its place.
    func leave(_ connection: ClientConnection) {
        traffic.open -= 1
        let last = users.removeLast()
        guard last !== connection else { return }
        users[connection.place] = last
        last.place = connection.place
    }

    /// Connections to addresses that stay are kept.
    func update(_ plan: RoutePlan, pool: (Endpoint) -> UpstreamPool) {
        self.plan = plan
        let old = pools
        let endpoints = [plan.main.endpoint] + plan.ports.map(\.mount.endpoint)
        pools = endpoints.map { endpoint in old.first { $0.endpoint == endpoint } ?? pool(endpoint) }
        for gone in old where !pools.contains(where: { $0 === gone }) { gone.retire() }
    }

    func withdraw() {
        isWithdrawn = true
        for pool in pools { pool.retire() }
    }
}
