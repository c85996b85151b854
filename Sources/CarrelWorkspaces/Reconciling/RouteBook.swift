import CarrelCore
import Synchronization

/// What is published, and from what. Called in the workspace's turn, so that one never overtakes another.
final class RouteBook: Sendable {
    private let routes: any RoutePublishing
    /// By engine, so that each pass has its own without copying ten thousand.
    private let known = Mutex<[EngineName: [WorkspaceID: PublishedRoute]]>([:])

    init(_ routes: any RoutePublishing) { self.routes = routes }

    func published(on engine: EngineName) -> [WorkspaceID: PublishedRoute] {
        known.withLock { $0[engine] ?? [:] }
    }

    func published(_ id: WorkspaceID) -> PublishedRoute? {
        known.withLock { $0.values.lazy.compactMap { $0[id] }.first }
    }

    func traffic() async -> [WorkspaceID: Traffic] { await routes.traffic() }

    func traffic(of id: WorkspaceID) async -> Traffic? { await routes.traffic(of: id) }

    /// Does nothing unless the workspace is open and its address known.
    func publish(_ workspace: Workspace, app: App, owner: User, rules: Rulebook) async {
        guard let route = Route(workspace, app: app, owner: owner, sites: rules.sites) else { return }
        await routes.publish(route)
        known.withLock {
            $0[workspace.engine, default: [:]][workspace.id] = PublishedRoute(
                workspace,
                rules: rules.generation
            )
        }
    }

    /// Also one that this carrel did not publish: harmless.
    func withdraw(_ id: WorkspaceID) async {
        await routes.withdraw(id)
        known.withLock { known in for engine in known.keys { known[engine]?[id] = nil } }
    }
}

extension Route {
    /// Nil unless the workspace is open to its owner and answers somewhere.
    init?(_ workspace: Workspace, app: App, owner: User, sites: WorkspaceSites) {
        guard workspace.isOpen, workspace.owner == owner.id, let endpoint = workspace.endpoint else { return nil }
        self.init(
            workspace: workspace.id,
            app: workspace.app,
            owner: owner.id,
            endpoint: endpoint,
            extraEndpoints: workspace.extraEndpoints,
            prefix: app.prefix,
            headers: app.routeHeaders(workspace, owner: owner, sites: sites),
            ignore: app.idle.ignore,
            origins: app.origins,
            isPaused: workspace.phase == .paused
        )
    }
}
