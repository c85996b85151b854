public import CarrelCore
import Synchronization

/// Routes as a gateway would hold them, and traffic as a test says.
public final class RecordingRoutes: RoutePublishing {
    private struct State {
        var routes: [WorkspaceID: Route] = [:]
        var traffic: [WorkspaceID: Traffic] = [:]
        var published: [Route] = []
    }

    private let state = Mutex(State())

    public init() {}

    public func publish(_ route: Route) async {
        state.withLock { state in
            state.routes[route.workspace] = route
            state.traffic[route.workspace] = state.traffic[route.workspace] ?? Traffic()
            state.published.append(route)
        }
    }

    public func withdraw(_ workspace: WorkspaceID) async {
        state.withLock { state in
            state.routes[workspace] = nil
            state.traffic[workspace] = nil
        }
    }

    public func traffic() async -> [WorkspaceID: Traffic] { state.withLock { $0.traffic } }

    /// As they stand now.
    public var routes: [WorkspaceID: Route] { state.withLock { $0.routes } }

    /// Every publication, in order.
    public var published: [Route] { state.withLock { $0.published } }

    /// A request that counts as activity. Does nothing without a route.
    public func touch(_ workspace: WorkspaceID, at moment: Timestamp) {
        state.withLock { state in
            guard state.routes[workspace] != nil else { return }
            state.traffic[workspace]?.lastActiveAt = moment
            if state.traffic[workspace]?.firstByteAt == nil { state.traffic[workspace]?.firstByteAt = moment }
        }
    }
}
