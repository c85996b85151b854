public import CarrelCore
import EngineHost

extension ProcessEngine: HomeMeasuring {
    public func measure(_ home: HomeMount, whole: Bool) async throws -> HomeMeasurement {
        try await HomeContents.measure(home.location, quota: home.quota, whole: whole)
    }

    public func quotaSupport(of rule: HomeRule) async -> QuotaSupport {
        let obstacle = try? await blocking { ProjectQuota.obstacle(at: rule.commonDirectory) }
        return obstacle.flatMap { $0 }.map { .unavailable(because: $0) } ?? .enforced
    }
}
