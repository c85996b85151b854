import CarrelCore

/// Makes the configuration out of checked values and fills in what is missing. Where something wrong was reported it
/// makes what it can, so that the rest is checked as well; nobody gets to see the result then.
struct Builder {
    var log: ProblemLog
    let surroundings: Surroundings

    mutating func configuration(from root: Checked) -> Configuration {
        let engines = root["engines"].map { engineRules(from: $0) } ?? []
        let homes = root["homes"].map { homeRules(from: $0) } ?? []
        let apps = root["apps"]?.elements.compactMap { value in
            app(from: value, homes: homes, engines: engines).map { (value.field, $0) }
        }
        let configuration = Configuration(
            state: root["state"]?.text.map(path) ?? surroundings.defaultState,
            deployment: root["deployment"]?.text ?? "main",
            store: root["store"]?["postgres"]?.secret.map { .postgres($0) } ?? .sqlite,
            users: listener(root["listeners"]?["users"], port: 8080),
            operators: listener(root["listeners"]?["operators"], port: 9080),
            limits: limits(root["listeners"]?["limits"]),
            drain: drain(root["listeners"]),
            isolation: isolation(root["isolation"]),
            signIn: signIn(root["sign-in"]),
            engines: engines,
            homes: homes,
            apps: (apps ?? []).map(\.1),
            poolService: poolService(root["pool-service"]),
            positions: log.positions,
            fileName: log.source.fileName
        )
        var checks = CrossChecks(log: log, root: root, configuration: configuration)
        checks.run(apps: apps ?? [])
        log = checks.log
        return configuration
    }

    /// A path of this machine: a relative one counts from the file's directory.
    func path(_ text: String) -> String { HostPath.resolved(text, in: surroundings.directory) }

    private func isolation(_ value: Checked?) -> IsolationRule {
        let mode = value?["mode"]?.text.flatMap(IsolationRule.Mode.init(rawValue:)) ?? .path
        return IsolationRule(mode: mode, domain: value?["domain"]?.text)
    }

    private func poolService(_ value: Checked?) -> PoolServiceRule? {
        guard let app = value?["default-app"]?.text.flatMap({ AppID($0) }), let provider = value?["provider"]?.text
        else { return nil }
        return PoolServiceRule(defaultApp: app, provider: provider)
    }

    private func listener(_ value: Checked?, port: Int) -> ListenerRule {
        var rule = ListenerRule(host: "127.0.0.1", port: port, publicOrigin: nil, tls: nil, trustedProxies: [])
        guard let value else { return rule }
        if case .bind(let host, let port)? = value["bind"]?.content { (rule.host, rule.port) = (host, port) }
        rule.publicOrigin = value["public-url"]?.text
        rule.trustedProxies = value["trusted-proxies"]?.texts ?? []
        rule.proxyProtocol = value["proxy-protocol"]?.texts ?? []
        if let certificate = value["tls"]?["certificate"]?.text, let key = value["tls"]?["key"]?.text {
            var files = TLSFiles(certificate: path(certificate), key: path(key))
            if case .bind(let host, let port)? = value["tls"]?["redirect-from"]?.content {
                files.redirectFrom = BindAddress(host: host, port: port)
            }
            files.hsts = value["tls"]?["hsts"]?.duration ?? files.hsts
            rule.tls = files
        }
        return rule
    }

    private func drain(_ value: Checked?) -> DrainRule {
        var rule = DrainRule()
        rule.stop = value?["drain"]?.duration ?? rule.stop
        rule.takeover = value?["takeover-drain"]?.duration ?? rule.takeover
        return rule
    }

    private func limits(_ value: Checked?) -> ListenerLimits {
        var limits = ListenerLimits()
        guard let value else { return limits }
        limits.headBytes = value["head-bytes"]?.integer ?? limits.headBytes
        limits.headerCount = value["header-count"]?.integer ?? limits.headerCount
        limits.headerTimeout = value["header-timeout"]?.duration ?? limits.headerTimeout
        limits.idleTimeout = value["idle-timeout"]?.duration ?? limits.idleTimeout
        limits.connectionsPerClient = value["connections-per-client"]?.integer ?? limits.connectionsPerClient
        limits.bodyBytes = value["body-bytes"]?.integer ?? limits.bodyBytes
        limits.connectTimeout = value["connect-timeout"]?.duration ?? limits.connectTimeout
        limits.queuePerUpstream = value["queue-per-upstream"]?.integer ?? limits.queuePerUpstream
        limits.resumeTimeout = value["resume-timeout"]?.duration ?? limits.resumeTimeout
        limits.keepAliveIdle = value["keepalive-idle"]?.duration ?? limits.keepAliveIdle
        limits.keepAliveInterval = value["keepalive-interval"]?.duration ?? limits.keepAliveInterval
        limits.keepAliveProbes = value["keepalive-probes"]?.integer ?? limits.keepAliveProbes
        return limits
    }
}
