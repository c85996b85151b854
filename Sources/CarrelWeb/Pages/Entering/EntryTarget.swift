import CarrelCore
import CarrelIdentity
import CarrelWorkspaces

/// What has a name of its own: a workspace, or a service that somebody else runs.
enum EntryTarget: Hashable, Sendable {
    case workspace(WorkspaceID)
    /// By its name, whether there is one or not: nobody learns that who may not enter.
    case service(String, id: WorkspaceID)

    /// What stands for it in cookies and routes.
    var id: WorkspaceID {
        switch self {
        case .workspace(let id), .service(_, let id): id
        }
    }

    /// As the browser sees it, with a slash at both ends.
    func path(_ sites: WorkspaceSites) -> String {
        switch self {
        case .workspace(let id): sites.path(of: id)
        case .service(let name, _): sites.path(ofService: name)
        }
    }

    /// With a slash at the end.
    func url(_ sites: WorkspaceSites) -> String {
        switch self {
        case .workspace(let id): sites.url(of: id, hub: nil)
        case .service(let name, _): sites.url(ofService: name, hub: nil)
        }
    }

    /// How `/enter` is told of it.
    var query: String {
        switch self {
        case .workspace(let id): "workspace=\(id)"
        case .service(let name, _): "service=\(name)"
        }
    }
}

extension Call {
    /// Nil unless this could be a service's name.
    func service(named name: String) -> EntryTarget? {
        guard AppID(name) != nil else { return nil }
        return .service(name, id: WorkspaceID(service: name, deployment: settings.deployment))
    }

    /// Those that the caller may enter, in the order of their names. Under `path` there are none.
    var openServices: [ExposedServices.Shown] {
        guard settings.sites.mode != .path else { return [] }
        return (services.exposed?.shown ?? []).filter { caller.may(.enterService($0.access)) }
    }
}
