import CarrelCore

extension CrossChecks {
    mutating func check(_ app: App, _ field: String) {
        checkEngine(app.engine.description, "\(field).engine")
        let engine = configuration.engines.first { $0.name == app.engine }
        if let engine { checkProgram(app, field, engine) }
        checkHome(app, field)
        checkOwner(app, field)
        checkToken(app, field)
        if let max = app.pool.max, max < app.pool.spares {
            log.problem(
                "\(field).pool.max",
                found: "\(max)",
                "\(max) is less than the \(app.pool.spares) spares",
                "give at least \(app.pool.spares), or fewer spares"
            )
        }
        var ports = Set([app.port].compactMap { $0 })
        for (name, port) in app.ports.sorted(by: { $0.key < $1.key }) where !ports.insert(port).inserted {
            log.problem(
                "\(field).ports.\(name)",
                found: "\(port)",
                "\(port) is another port of this app already",
                "give each a port of its own"
            )
        }
    }

    private mutating func checkProgram(_ app: App, _ field: String, _ engine: EngineRule) {
        guard case .process(let settings) = engine.settings else {
            if app.image == nil, log.positions["\(field).image"] == nil {
                log.problem(field, "the engine \(engine.name) starts images and there is none", "add image: NAME")
            }
            return
        }
        if let image = app.image {
            log.problem(
                "\(field).image",
                found: image,
                "the engine \(engine.name) runs processes, not images",
                "remove it and give a command"
            )
        }
        for key in ["user", "read-only", "capabilities", "volumes", "resources.shared-memory", "resources.open-files"]
            + ["home.owner"] where log.positions["\(field).\(key)"] != nil
        {
            log.problem(
                "\(field).\(key)",
                "the engine \(engine.name) runs processes; only container engines know this",
                "remove it"
            )
        }
        guard !app.command.isEmpty else {
            // A command that is wrong in itself is reported already.
            if log.positions["\(field).command"] == nil {
                log.problem(
                    field,
                    "the engine \(engine.name) runs a command and there is none",
                    "add command: [PROGRAM, ARGUMENT, …]"
                )
            }
            return
        }
        if app.port == nil, log.positions["\(field).port"] == nil, !app.uses(.workspacePort) {
            log.warning(
                "\(field).command",
                "the app is not told where to listen",
                "use {{workspace.port}} in the command or environment, or add port: NUMBER"
            )
        }
        if app.port != nil, settings.sandbox == .off, app.pool.max != 1 {
            log.warning(
                "\(field).port",
                found: app.port.map(String.init),
                "without a sandbox all workspaces share this machine's ports, so only one at a time can listen there",
                "use {{workspace.port}} and remove port"
            )
        }
    }

    private mutating func checkHome(_ app: App, _ field: String) {
        let value = root["apps"]?.elements.first { $0.field == field }?["home"]
        if let volume = value?["volume"], let name = volume.text {
            if !homeNames.contains(name) {
                reportUnknown(name, volume.field, "home", among: homeNames.sorted(), section: "homes")
            } else if let rule = app.home?.rule, rule.engine != app.engine {
                log.problem(
                    volume.field,
                    found: name,
                    "the home \(name) belongs to the engine \(rule.engine), the app runs on \(app.engine)",
                    "use a home of the engine \(app.engine)"
                )
            }
        }
        if value == nil, log.positions["\(field).home"] == nil, app.uses(.workspaceHome) {
            log.warning(
                field,
                "uses {{workspace.home}} and has no home: that is the runtime directory then, whose files end with it",
                "add home: {volume: NAME, mount: PATH}"
            )
        }
    }

    /// A spare runs before anybody owns it.
    private mutating func checkOwner(_ app: App, _ field: String) {
        guard app.pool.spares > 0 else { return }
        func report(_ template: Template, _ place: String) {
            guard let variable = template.variables.filter(\.needsOwner).map(\.rawValue).min() else { return }
            log.problem(
                place,
                found: template.description,
                "{{\(variable)}} is not known when a spare starts, for a spare has no owner yet",
                "remove it (identity.json in the runtime directory tells it after the claim) or set pool.spares to 0"
            )
        }
        for (index, template) in app.command.enumerated() { report(template, "\(field).command[\(index)]") }
        for (name, value) in app.environment.sorted(by: { $0.key < $1.key }) {
            if case .template(let template) = value { report(template, "\(field).environment.\(name)") }
        }
    }

    private mutating func checkToken(_ app: App, _ field: String) {
        for (index, word) in app.command.enumerated() where word.variables.contains(.workspaceToken) {
            log.warning(
                "\(field).command[\(index)]",
                found: word.description,
                "others on the machine can read command lines, and with it the workspace's token",
                "give the token in environment"
            )
        }
    }
}

extension App {
    /// In the command or environment.
    fileprivate func uses(_ variable: Template.Variable) -> Bool {
        let values = environment.values.contains { value in
            guard case .template(let template) = value else { return false }
            return template.variables.contains(variable)
        }
        return values || command.contains { $0.variables.contains(variable) }
    }
}
