import CarrelCore
import CarrelIdentity
import CarrelWorkspaces

/// A workspace as the API shows it.
struct WorkspaceView: Encodable, Sendable {
    let id: WorkspaceID
    let app: AppID
    let name: WorkspaceName
    let owner: UserID?
    let ownerName: String?
    let phase: Phase
    let url: String
    let queue: Int?
    let reason: String?
    let createdAt: Timestamp
    let readyAt: Timestamp?
    let lastActiveAt: Timestamp?
    let trace: ClaimTrace?
    /// Of lists and single ones: what its home holds.
    var home: HomeView?
    /// In event streams: what is happening, as a sentence.
    var message: String?

    init(_ workspace: Workspace, ownerName: String?, queue: Int?, origin: String?, sites: WorkspaceSites) {
        id = workspace.id
        app = workspace.app
        name = workspace.name
        owner = workspace.owner
        self.ownerName = ownerName
        phase = workspace.phaseShown
        url = sites.url(of: workspace.id, hub: origin)
        self.queue = queue
        reason = workspace.reason?.description
        createdAt = workspace.createdAt
        readyAt = workspace.readyAt
        lastActiveAt = workspace.lastActiveAt
        trace = workspace.trace
    }

    private enum CodingKeys: String, CodingKey {
        case id, app, name, owner, ownerName, phase, url, queue, reason, createdAt, readyAt, lastActiveAt, trace
        case home, message
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(app, forKey: .app)
        try container.encode(name, forKey: .name)
        // A spare says so: null, not absent.
        try container.encode(owner, forKey: .owner)
        try container.encode(ownerName, forKey: .ownerName)
        try container.encode(phase, forKey: .phase)
        try container.encode(url, forKey: .url)
        try container.encodeIfPresent(queue, forKey: .queue)
        try container.encodeIfPresent(reason, forKey: .reason)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encodeIfPresent(readyAt, forKey: .readyAt)
        try container.encodeIfPresent(lastActiveAt, forKey: .lastActiveAt)
        try container.encodeIfPresent(trace, forKey: .trace)
        try container.encodeIfPresent(home, forKey: .home)
        try container.encodeIfPresent(message, forKey: .message)
    }
}

extension Workspace {
    /// `ready` is said only once everything of the owner's is in place.
    var phaseShown: Phase { phase == .ready && owner != nil && handedOverAt == nil ? .starting : phase }
}

extension HomeReport {
    fileprivate var place: HomeKey { HomeKey(engine: engine, location: location) }

    fileprivate func isHome(of workspace: Workspace) -> Bool {
        engine == workspace.engine && location == workspace.home
    }
}

extension Call {
    func view(_ workspace: Workspace) async throws -> WorkspaceView {
        var ownerName: String?
        if let owner = workspace.owner {
            ownerName = owner == caller.user?.id ? caller.user?.name : try await signIn.user(owner)?.name
        }
        var view = try await view(workspace, ownerName: ownerName)
        if let owner = workspace.owner, workspace.home != nil {
            view.home = try await workspaces.homes(of: owner).first { $0.isHome(of: workspace) }.map(HomeView.init)
        }
        return view
    }

    func views(_ workspaces: [Workspace]) async throws -> [WorkspaceView] {
        var names: [UserID: String] = [:]
        let owners = Set(workspaces.filter { $0.home != nil }.compactMap(\.owner))
        var homes: [HomeReport] = []
        if owners.count > 1 {
            homes = try await self.workspaces.homes()
        } else if let owner = owners.first {
            homes = try await self.workspaces.homes(of: owner)
        }
        let byPlace = Dictionary(homes.map { ($0.place, $0) }) { first, _ in first }
        var views: [WorkspaceView] = []
        for workspace in workspaces {
            if let owner = workspace.owner, names[owner] == nil { names[owner] = try await signIn.user(owner)?.name }
            var view = try await view(workspace, ownerName: workspace.owner.flatMap { names[$0] })
            view.home = workspace.home.flatMap { byPlace[HomeKey(engine: workspace.engine, location: $0)] }
                .map(HomeView.init)
            views.append(view)
        }
        return views
    }

    private func view(_ workspace: Workspace, ownerName: String?) async throws -> WorkspaceView {
        let queue = workspace.phase == .queued ? try await workspaces.queuePosition(workspace.id) : nil
        return WorkspaceView(workspace, ownerName: ownerName, queue: queue, origin: usersOrigin, sites: settings.sites)
    }
}
