import CarrelConfig
import CarrelCore
import CarrelGateway
import CarrelIdentity
import CarrelWeb
import CarrelWorkspaces

/// What each part is told of the configuration.
extension Configuration {
    var signInRules: SignInRules {
        SignInRules(
            sessionLifetime: signIn.sessionLifetime,
            providers: signIn.providers.map {
                .init(id: $0.id, kind: $0.kind.rawValue, title: $0.title, remote: $0.remote)
            },
            operators: signIn.operators,
            poolProvider: poolService?.provider,
            apps: Dictionary(
                apps.compactMap { app in app.access.map { (app.id, $0) } },
                uniquingKeysWith: { first, _ in first }
            )
        )
    }

    var workspaceRules: WorkspaceRules {
        WorkspaceRules(
            deployment: deployment,
            apps: apps.map { app in
                var app = app
                if app.home?.rule.projects == nil { app.home?.rule.projects = derivedProjects }
                return app
            },
            sites: sites
        )
    }

    /// Where browsers find workspaces.
    var sites: WorkspaceSites {
        guard let mode = WorkspaceSites.Mode(rawValue: isolation.mode.rawValue), let domain = isolation.domain,
            let hub = users.publicOrigin
        else { return .onHub }
        return WorkspaceSites(mode, domain: domain, hubOrigin: hub)
    }

    /// Begins the names of all cookies on workspaces' own names.
    var workspaceCookie: String {
        CookieNames.workspace(
            deployment: deployment,
            port: users.browserPort,
            secure: users.browserOrigin.hasPrefix("https:")
        )
    }

    /// Why a service that somebody else runs may not have this name.
    func refusal(ofService name: String) -> String? {
        if WorkspaceID(name) != nil { return "workspaces are named so. Rename it." }
        if sites.mode == .subdomain, users.publicHost == "\(name).\(sites.domain)" {
            return "carrel's own name begins so. Rename it."
        }
        return nil
    }

    private var workspaceNames: GatewayConfiguration.WorkspaceNames? {
        guard sites.mode != .path, let hub = users.publicHost else { return nil }
        return .init(sites: sites, hub: hub, cookie: workspaceCookie, port: users.browserPort)
    }

    func gatewayConfiguration(state: StateDirectory, certificates: ListenerCertificates) -> GatewayConfiguration {
        var listeners: [GatewayConfiguration.Listener] = []
        for (name, rule) in [("users", users), ("operators", operators)] {
            var listener = gatewayListener(name, rule, state: state, servesWorkspaces: name == "users")
            listener.proxyProtocol = rule.proxyProtocol
            if listener.servesWorkspaces { listener.workspaceNames = workspaceNames }
            if let tls = rule.tls, let certificate = certificates[name] {
                listener.tls = .init(certificate: certificate, hsts: tls.hsts)
                if let from = tls.redirectFrom { listeners.append(redirect(to: listener, from: from)) }
            }
            listeners.append(listener)
        }
        return GatewayConfiguration(listeners: listeners, limits: gatewayLimits)
    }

    /// Plain HTTP beside HTTPS: says where that is, and nothing else.
    private func redirect(
        to listener: GatewayConfiguration.Listener,
        from address: BindAddress
    ) -> GatewayConfiguration.Listener {
        var plain = listener
        plain.name = listener.name + "-redirect"
        (plain.host, plain.port) = (address.host, address.port)
        plain.tls = nil
        plain.servesWorkspaces = false
        plain.redirect = .init(origin: listener.publicOrigin, port: listener.port)
        return plain
    }

    var gatewayLimits: GatewayConfiguration.Limits {
        GatewayConfiguration.Limits(
            headBytes: limits.headBytes,
            headerCount: limits.headerCount,
            headerTimeout: limits.headerTimeout,
            idleTimeout: limits.idleTimeout,
            connectionsPerClient: limits.connectionsPerClient,
            bodyBytes: Int64(limits.bodyBytes),
            connectTimeout: limits.connectTimeout,
            queuePerUpstream: limits.queuePerUpstream,
            resumeTimeout: limits.resumeTimeout,
            keepAlive: KeepAlive(
                idle: limits.keepAliveIdle,
                interval: limits.keepAliveInterval,
                probes: limits.keepAliveProbes
            )
        )
    }

    /// On the users' listener, addresses are told as the browser knows them; elsewhere as they are configured.
    func hubSettings(for listener: HubListener) -> HubSettings {
        var users = hubListener("users", self.users)
        if listener != .users { users.publicOrigin = self.users.browserOrigin }
        var settings = HubSettings(
            users: users,
            operators: hubListener("operators", operators),
            defaultApp: signIn.defaultApp,
            poolService: poolService.map { .init(defaultApp: $0.defaultApp, provider: $0.provider) }
        )
        (settings.sites, settings.workspaceCookie) = (sites, workspaceCookie)
        settings.deployment = deployment
        return settings
    }

    private func hubListener(_ name: String, _ rule: ListenerRule) -> HubSettings.Listener {
        let names = cookies(for: name)
        return HubSettings.Listener(
            publicOrigin: rule.publicOrigin,
            sessionCookie: names.session,
            formCookie: names.visitor
        )
    }

    private func gatewayListener(
        _ name: String,
        _ rule: ListenerRule,
        state: StateDirectory,
        servesWorkspaces: Bool
    ) -> GatewayConfiguration.Listener {
        let names = ["users", "operators"].map { cookies(for: $0) }
        return GatewayConfiguration.Listener(
            name: name,
            host: rule.host,
            port: rule.port,
            publicOrigin: rule.publicOrigin,
            hubSocket: state.socket(name),
            servesWorkspaces: servesWorkspaces,
            sessionCookie: cookies(for: name).session,
            hubCookies: names.flatMap { [$0.session, $0.visitor] },
            trustedProxies: rule.trustedProxies
        )
    }

    /// The names of one listener's cookies.
    func cookies(for listener: String) -> (session: String, visitor: String) {
        let rule = listener == "users" ? users : operators
        return (
            CookieNames.session(
                deployment: deployment,
                listener: listener,
                port: rule.browserPort,
                secure: rule.browserOrigin.hasPrefix("https:")
            ),
            CookieNames.visitor(
                deployment: deployment,
                listener: listener,
                port: rule.browserPort,
                secure: rule.browserOrigin.hasPrefix("https:")
            )
        )
    }
}

extension ListenerRule {
    /// Scheme, host and port by which browsers come here: the public one, else where it is bound.
    var browserOrigin: String { publicOrigin ?? "\(tls == nil ? "http" : "https")://\(bind)" }

    /// The name in `public-url`, without the port and in lower case; nil without one.
    var publicHost: String? {
        guard let authority = publicOrigin?.lowercased().split(separator: "/").last else { return nil }
        guard let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") else { return String(authority) }
        return String(authority[..<colon])
    }

    var browserPort: Int {
        guard let publicOrigin else { return port }
        let authority = publicOrigin.split(separator: "/").last ?? ""
        if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
            return Int(authority[authority.index(after: colon)...]) ?? port
        }
        return publicOrigin.hasPrefix("https:") ? 443 : 80
    }
}
