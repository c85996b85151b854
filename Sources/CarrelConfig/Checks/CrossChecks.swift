import CarrelCore

/// What can't be said of one value alone: names that must exist, values that don't go together.
struct CrossChecks {
    var log: ProblemLog
    let root: Checked
    let configuration: Configuration

    /// Names as they stand in the file: something that is wrong in itself is not reported as missing as well.
    private(set) var engineNames: Set<String> = []
    private(set) var homeNames: Set<String> = []
    private(set) var appNames: [String] = []
    private(set) var providerNames: [String] = []

    init(log: ProblemLog, root: Checked, configuration: Configuration) {
        self.log = log
        self.root = root
        self.configuration = configuration
        engineNames = names(under: "engines")
        homeNames = names(under: "homes")
        appNames = root["apps"]?.elements.compactMap { $0["id"]?.text } ?? []
        providerNames = root["sign-in"]?["providers"]?.elements.compactMap { $0["id"]?.text } ?? ["local"]
    }

    private func names(under section: String) -> Set<String> {
        let prefix = section + "."
        return Set(
            log.positions.keys.filter { $0.hasPrefix(prefix) }.map { path in
                String(path.dropFirst(prefix.count).prefix { $0 != "." && $0 != "[" })
            }
        )
    }

    mutating func run(apps: [(field: String, app: App)]) {
        checkUniqueness()
        checkListeners()
        checkHomes()
        checkSubnets()
        checkDiscovery()
        checkIsolation()
        checkProviders()
        for (field, app) in apps { check(app, field) }
        checkAppName(root["sign-in"]?["default-app"])
        checkAppName(root["pool-service"]?["default-app"])
        if let provider = root["pool-service"]?["provider"] { checkProvider(provider.text ?? "", provider.field) }
        checkPeople(root["sign-in"]?["operators"])
        for app in root["apps"]?.elements ?? [] { checkPeople(app["access"]) }
    }

    private mutating func checkUniqueness() {
        for (list, what) in [(root["apps"], "app"), (root["sign-in"]?["providers"], "provider")] {
            var first: [String: String] = [:]
            for element in list?.elements ?? [] {
                guard let id = element["id"], let name = id.text else { continue }
                if let other = first[name] {
                    log.problem(
                        id.field,
                        found: name,
                        "\(quoted(name)) is the id of \(other) already",
                        "give every \(what) an id of its own"
                    )
                } else {
                    first[name] = element.field
                }
            }
        }
    }

    private mutating func checkDiscovery() {
        guard configuration.isolation.mode == .path else { return }
        for engine in configuration.engines {
            guard case .docker(let settings) = engine.settings, settings.discover else { continue }
            log.problem(
                "engines.\(engine.name).discover",
                "under isolation by path all pages have carrel's own origin, so a shared service's page could act on "
                    + "the workspaces of whoever looks at it",
                "remove it, or give pages another name: isolation: {mode: host, domain: …}"
            )
        }
    }

    private mutating func checkListeners() {
        let (users, operators) = (configuration.users, configuration.operators)
        if users.port == operators.port, users.port != 0, users.overlaps(operators) {
            log.problem(
                "listeners.operators.bind",
                found: operators.bind,
                "\(operators.bind) is the users' listener's address as well",
                "give each listener an address or port of its own"
            )
        }
        if !users.isLoopback, users.tls == nil, users.publicOrigin?.hasPrefix("https://") != true {
            log.warning(
                "listeners.users",
                found: users.bind,
                "passwords and cookies cross the network unencrypted",
                "add tls: {certificate: …, key: …}, or let a reverse proxy in front serve HTTPS and say so with "
                    + "public-url: https://…, or bind to 127.0.0.1"
            )
        }
        checkTLS()
    }

    private mutating func checkTLS() {
        let rules = [("users", configuration.users), ("operators", configuration.operators)]
        var taken = rules.map { (field: "listeners.\($0.0).bind", host: $0.1.host, port: $0.1.port) }
        for (name, rule) in rules {
            guard let tls = rule.tls else { continue }
            if let origin = rule.publicOrigin, origin.lowercased().hasPrefix("http:") {
                log.problem(
                    "listeners.\(name).public-url",
                    found: origin,
                    "this listener serves HTTPS, and browsers would be sent to \(origin)",
                    "write https://"
                )
            }
            guard let redirect = tls.redirectFrom else { continue }
            let field = "listeners.\(name).tls.redirect-from"
            if redirect.port == 0 {
                log.problem(
                    field,
                    found: "\(redirect.host):\(redirect.port)",
                    "port 0 is any free one, and nobody would come there",
                    "give the port that browsers try first: \(redirect.host):80"
                )
            } else if rule.port == 0, rule.publicOrigin == nil {
                log.problem(
                    field,
                    found: "\(redirect.host):\(redirect.port)",
                    "listeners.\(name).bind has port 0, any free one, so nobody can be sent there",
                    "give listeners.\(name).bind a port, or say where browsers find it with public-url"
                )
            }
            if redirect.port != 0,
                let other = taken.first(where: { $0.port == redirect.port && $0.host.overlaps(redirect.host) })
            {
                log.problem(
                    field,
                    found: "\(redirect.host):\(redirect.port)",
                    "\(other.field) has that address already",
                    "give each an address or port of its own"
                )
            }
            taken.append((field, redirect.host, redirect.port))
        }
    }

    private mutating func checkHomes() {
        for rule in configuration.homes {
            let field = "homes.\(rule.id)"
            checkEngine(rule.engine.description, "\(field).engine")
            let engine = configuration.engines.first { $0.name == rule.engine }
            if engine?.kind == .process, rule.kind == .volume {
                log.problem(
                    "\(field).name",
                    found: rule.location.description,
                    "the engine \(rule.engine) runs processes, which have no volumes",
                    "give a directory: path: /srv/homes/{{user.id}}"
                )
            }
        }
    }

    mutating func checkEngine(_ name: String, _ field: String) {
        guard !engineNames.contains(name) else { return }
        reportUnknown(name, field, "engine", among: engineNames.sorted(), section: "engines")
    }

    mutating func reportUnknown(_ name: String, _ field: String, _ what: String, among known: [String], section: String)
    {
        let remedy: String
        if let near = Suggestion.nearest(to: name, among: known) {
            remedy = "did you mean \(near)?"
        } else if known.isEmpty {
            remedy = "add it under \(section)"
        } else {
            remedy = "add it under \(section) or name one of: \(known.prefix(20).joined(separator: ", "))"
        }
        log.problem(field, found: name, "there is no \(what) \(quoted(name))", remedy)
    }

    private mutating func checkAppName(_ value: Checked?) {
        guard let value, let name = value.text, !appNames.contains(name) else { return }
        reportUnknown(name, value.field, "app", among: appNames, section: "apps")
    }

    private mutating func checkPeople(_ value: Checked?) {
        for element in (value?["users"]?.elements ?? []) + (value?["groups"]?.elements ?? []) {
            guard let name = element.text, UserID(name) == nil, let colon = name.firstIndex(of: ":") else { continue }
            checkProvider(String(name[..<colon]), element.field)
        }
    }

    private mutating func checkProvider(_ name: String, _ field: String) {
        guard !providerNames.contains(name) else { return }
        reportUnknown(name, field, "sign-in provider", among: providerNames, section: "sign-in.providers")
    }
}

extension ListenerRule {
    /// Whether both would want the same address: one of them has all, or they are equal.
    fileprivate func overlaps(_ other: ListenerRule) -> Bool { host.overlaps(other.host) }
}

extension String {
    /// As addresses to listen on: they are equal, or one of them has all.
    fileprivate func overlaps(_ other: String) -> Bool {
        let everything: Set<String> = ["0.0.0.0", "::"]
        return self == other || everything.contains(self) || everything.contains(other)
    }

    /// The name in `https://name:port`.
    var hostOfOrigin: String? {
        split(separator: "://", maxSplits: 1).last.map { String($0.prefix { $0 != ":" && $0 != "/" }) }
    }
}
