import CarrelCore

extension Configuration {
    /// Everything that the configuration asks for and `builtIn` lacks, each named with its position.
    public func unsupported(by builtIn: BuiltIn = .thisVersion) -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        func refuse(_ field: String, _ what: String, _ remedy: String) {
            let position = positions.nearest(to: field)
            problems.append(
                ConfigurationProblem(
                    file: fileName,
                    line: position.line,
                    column: position.column,
                    field: field,
                    found: what,
                    message: "\(what): not built into this version",
                    remedy: remedy
                )
            )
        }
        if case .postgres = store, !builtIn.postgres { refuse("store", "postgres", "use sqlite") }
        for (name, listener) in [("users", users), ("operators", operators)] where listener.tls != nil && !builtIn.tls {
            refuse(
                "listeners.\(name).tls",
                "tls",
                "remove it and let a reverse proxy in front of carrel end TLS"
            )
        }
        if !builtIn.isolation.contains(isolation.mode) {
            refuse("isolation.mode", isolation.mode.rawValue, "this version has: \(names(builtIn.isolation))")
        }
        for (index, provider) in signIn.providers.enumerated() where !builtIn.providers.contains(provider.kind) {
            refuse(
                "sign-in.providers[\(index)].kind",
                provider.kind.rawValue,
                "this version has: \(names(builtIn.providers))"
            )
        }
        for engine in engines where !builtIn.engines.contains(engine.kind) {
            refuse("engines.\(engine.name).kind", engine.kind.rawValue, "this version has: \(names(builtIn.engines))")
        }
        for (index, app) in apps.enumerated() {
            let kind = engines.first { $0.name == app.engine }?.kind ?? .process
            if case .only = app.egress, !builtIn.egressLists.contains(kind) {
                refuse("apps[\(index)].network.egress", "a list of networks", "use internet or none")
            }
            if app.resources.gpus > 0, !builtIn.gpus.contains(kind) {
                refuse("apps[\(index)].resources.gpus", "gpus", "use 0")
            }
        }
        return problems.sorted()
    }

    private func names<Name: RawRepresentable<String>>(_ values: Set<Name>) -> String {
        values.map(\.rawValue).sorted().joined(separator: ", ")
    }
}

extension [String: Position] {
    /// Of the field, or of the innermost thing around it that stands in the file.
    func nearest(to field: String) -> Position {
        var path = Substring(field)
        while !path.isEmpty {
            if let position = self[String(path)] { return position }
            guard let end = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { break }
            path = path[..<end]
        }
        return self[""] ?? Position(line: 1, column: 1)
    }
}
