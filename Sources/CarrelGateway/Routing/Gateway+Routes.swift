public import CarrelCore
import NIOCore

/// The control path's side of the gateway. Each call returns when every event loop has done it.
extension Gateway {
    public func publish(_ route: Route) async {
        let plan = RoutePlan(route, names: names)
        await onEachLoop { $0.publish(plan) }
    }

    public func withdraw(_ workspace: WorkspaceID) async { await onEachLoop { $0.withdraw(workspace) } }

    public func traffic() async -> [WorkspaceID: Traffic] {
        var sum: [WorkspaceID: Traffic] = [:]
        for loop in loops {
            for (workspace, count) in (try? await loop.ask { $0.traffic() }) ?? [] {
                sum[workspace] = count.added(to: sum[workspace])
            }
        }
        return sum
    }

    public func traffic(of workspace: WorkspaceID) async -> Traffic? {
        var sum: Traffic?
        for loop in loops {
            if let count = try? await loop.ask({ $0.traffic(of: workspace) }) { sum = count.added(to: sum) }
        }
        return sum
    }

    /// Sessions or tokens were revoked: every cached answer is forgotten, and what is open by right of one that counts
    /// no more is closed, WebSockets with code 1008.
    public func credentialsChanged() async { await onEachLoop { $0.credentialsChanged() } }

    private func onEachLoop(_ body: @escaping @Sendable (LoopState) -> Void) async {
        // All at once; an event loop that is shut down forwards nothing anyway.
        let all = loops.map { loop in loop.eventLoop.submit { body(loop.state.value) } }
        for done in all { try? await done.get() }
    }
}

extension Gateway.Loop {
    /// Does something on the event loop and returns what came of it.
    func ask<Answer: Sendable>(_ body: @escaping @Sendable (LoopState) throws -> Answer) async throws -> Answer {
        try await eventLoop.submit { try body(state.value) }.get()
    }
}
