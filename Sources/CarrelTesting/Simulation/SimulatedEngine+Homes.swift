public import CarrelCore
import Synchronization

/// What homes hold as `Behaviour.homes` says.
extension SimulatedEngine: HomeMeasuring {
    /// One look at a home.
    public struct Measuring: Hashable, Sendable {
        public let location: String
        public let isWhole: Bool
        public let quota: HomeQuota?
        public let at: Timestamp
    }

    /// In their order.
    public var measurings: [Measuring] { world.state.withLock { $0.measurings } }

    public func measure(_ home: HomeMount, whole: Bool) async throws -> HomeMeasurement {
        let now = clock.now()
        world.state.withLock { state in
            if state.isMeasuring { state.faults.append("two homes are measured at once") }
            state.isMeasuring = true
            state.measurings.append(
                Measuring(location: home.location, isWhole: whole, quota: home.quota, at: now)
            )
        }
        defer { world.state.withLock { $0.isMeasuring = false } }
        return try await call("measure", takes: behaviour.measureTakes) { state in
            let keeps = state.behaviour.keepsQuotas && home.quota?.project != nil
            guard let used = state.behaviour.homes?[home.location, default: 0] else {
                return HomeMeasurement(used: nil, trouble: "It is far away.")
            }
            return HomeMeasurement(used: used, isEnforced: keeps, isWhole: whole || !keeps)
        }
    }

    public func quotaSupport(of rule: HomeRule) async -> QuotaSupport {
        behaviour.keepsQuotas ? .enforced : .unavailable(because: "this file system is simulated")
    }
}
