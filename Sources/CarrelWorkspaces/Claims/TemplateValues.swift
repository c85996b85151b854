import CarrelCore

extension Workspace {
    /// What the app's templates may say; of the owner only where there is one.
    func templateValues(owner: User?, sites: WorkspaceSites) -> [Template.Variable: String] {
        var values: [Template.Variable: String] = [
            .workspaceID: id.description, .workspacePath: sites.path(of: id), .workspaceToken: token,
        ]
        if case .tcp(_, let port) = endpoint { values[.workspacePort] = String(port) }
        guard let owner, self.owner == owner.id else { return values }
        values[.workspaceName] = name.description
        values[.userID] = owner.id.description
        values[.userName] = owner.name
        values[.userEmail] = owner.email ?? ""
        return values
    }

    func identity(of owner: User) -> WorkspaceIdentity {
        WorkspaceIdentity(id: owner.id, name: owner.name, email: owner.email, workspace: id, workspaceName: name)
    }

    /// The path to ask the app for something, as the app sees it: `path` begins with a slash.
    func appPath(_ path: String, _ rule: PrefixRule, sites: WorkspaceSites) -> String {
        switch rule {
        case .keep: String(sites.path(of: id).dropLast()) + path
        case .strip: path
        }
    }
}

extension App {
    /// Set on every request towards the app; in the order of their names.
    func routeHeaders(_ workspace: Workspace, owner: User?, sites: WorkspaceSites) -> [RouteHeader] {
        let values = workspace.templateValues(owner: owner, sites: sites)
        return headers.sorted { $0.key < $1.key }.map { name, value in
            switch value {
            case .template(let template): RouteHeader(name: name, value: template.expanded(values))
            case .secret(let secret): RouteHeader(name: name, value: secret.reveal())
            }
        }
    }

    /// The owner's home for this workspace; nil if the app has none.
    func homeMount(_ workspace: Workspace, owner: User, sites: WorkspaceSites) -> HomeMount? {
        guard let home else { return nil }
        return HomeMount(
            location: home.rule.location.expanded(workspace.templateValues(owner: owner, sites: sites)),
            mount: home.mount,
            storageUID: owner.storageUID,
            driver: home.rule.driver,
            options: home.rule.options
        )
    }
}
