public import CarrelCore

extension MemoryStore {
    public func homes() async throws -> [HomeRecord] {
        try transact("homes") { content in
            content.homes.values.sorted {
                ($0.key.engine.description, $0.key.location) < ($1.key.engine.description, $1.key.location)
            }
        }
    }

    public func home(_ key: HomeKey) async throws -> HomeRecord? { try transact("home") { $0.homes[key] } }

    public func ensureHome(
        _ key: HomeKey,
        home: String,
        owner: UserID,
        projects: ClosedRange<UInt32>?
    ) async throws -> HomeRecord {
        try transact("ensureHome") { content in
            var record = content.homes[key] ?? HomeRecord(key: key, home: home, owner: owner)
            if let projects, record.project == nil {
                let last = content.homes.values.compactMap(\.project).filter { projects.contains($0) }.max()
                if last != projects.upperBound { record.project = last.map { $0 + 1 } ?? projects.lowerBound }
            }
            content.homes[key] = record
            return record
        }
    }

    public func recordMeasurement(_ found: HomeMeasurement, of key: HomeKey, at now: Timestamp) async throws {
        try transact("recordMeasurement") { content in
            guard let record = content.homes[key] else { throw CarrelError(.notFound, "There is no such home.") }
            content.homes[key] = record.measured(found, at: now)
        }
    }

    public func leaveHome(_ key: HomeKey, at now: Timestamp) async throws {
        try transact("leaveHome") { content in
            guard let before = content.homes[key] else { return }
            content.homes[key]?.leftAt = max(now, before.leftAt ?? now)
        }
    }
}
