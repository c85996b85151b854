import CarrelCore

extension Workspaces {
    public func pools() async throws -> [PoolStatus] {
        let rules = around.rules.now
        var statuses: [AppID: PoolStatus] = [:]
        for id in rules.order {
            guard let app = rules.current(id)?.app else { continue }
            var status = PoolStatus(app: app)
            status.failing = await trouble(of: app)
            statuses[id] = status
        }
        for row in try await around.store.living() { statuses[row.app]?.count(row) }
        return rules.order.compactMap { statuses[$0] }
    }

    private func trouble(of app: App) async -> String? {
        for loop in loops where loop.engine.name == app.engine {
            if let failing = await loop.failure(of: app.id) { return failing }
        }
        guard app.pool.spares > 0 else { return nil }
        guard let abilities = around.engines.ifPrepared(app.engine)?.abilities else {
            return "engine \(app.engine) is not ready"
        }
        guard abilities.canSpare(app) else {
            return app.needsOwnerAtStart
                ? "no spares: the app's command or environment needs its owner at the start"
                : "no spares: engine \(app.engine) can't attach a home to a running workspace here"
        }
        return nil
    }
}

extension PoolStatus {
    fileprivate init(app: App) {
        self.init(
            app: app.id,
            wanted: app.pool.spares,
            ready: 0,
            starting: 0,
            claimed: 0,
            queued: 0,
            max: app.pool.max,
            failing: nil
        )
    }

    fileprivate mutating func count(_ row: Workspace) {
        switch (row.phase, row.owner) {
        case (.queued, _): queued += 1
        case (.ready, nil): ready += 1
        case (.starting, nil): starting += 1
        case (_, nil), (.ended, _): break
        default: claimed += 1
        }
    }
}
