public import CarrelCore

extension Workspaces {
    public func runShell(
        _ order: ShellOrder,
        in id: WorkspaceID,
        by actor: Actor,
        from: [String: String],
        _ use: @escaping @Sendable (any Shell) async throws -> Int32?
    ) async throws -> Int32? {
        let row = try await existing(id)
        var details = from
        details["app"] = row.app.description
        details["command"] = String(order.line.prefix(4096))
        details["terminal"] = order.terminal == nil ? "no" : "yes"
        let begun = ContinuousClock.now
        // Before anything runs: what can't be recorded is not done.
        try await around.store.append(
            RecordEntry(
                at: around.clock.now(),
                kind: "workspace.exec",
                actor: actor,
                workspace: id,
                user: row.owner,
                details: details
            )
        )
        let result: Result<Int32?, any Error>
        do { result = .success(try await runUnrecorded(order, in: row, use)) } catch { result = .failure(error) }
        details["seconds"] = "\((ContinuousClock.now - begun).components.seconds)"
        switch result {
        case .success(let code): details["ended"] = code.map { "exit code \($0)" } ?? "left while it ran"
        case .failure(let error as CarrelError): details["ended"] = error.message
        case .failure(is CancellationError): details["ended"] = "left while it ran"
        case .failure: details["ended"] = "the connection to it broke"
        }
        let entry = RecordEntry(
            at: around.clock.now(),
            kind: "workspace.exec-ended",
            actor: actor,
            workspace: id,
            user: row.owner,
            details: details
        )
        // Who asked may be gone, and their task with them: the end is recorded all the same.
        let store = around.store
        try await Task { try await store.append(entry) }.value
        return try result.get()
    }

    private func runUnrecorded(
        _ order: ShellOrder,
        in row: Workspace,
        _ use: @escaping @Sendable (any Shell) async throws -> Int32?
    ) async throws -> Int32? {
        switch row.phase {
        case .starting, .ready: break
        case .paused: throw CarrelError(.conflict, "The workspace is paused: it can be entered once it is resumed.")
        default: throw CarrelError(.conflict, "The workspace does not run: it is \(row.phase.rawValue).")
        }
        guard let shells = try around.engines.prepared(row.engine).can.shells else {
            throw CarrelError(.unsupported, "Commands can't be run in workspaces of the engine \(row.engine).")
        }
        let code = ExitCode()
        try await shells.run(order, in: row.id) { shell in code.set(try await use(shell)) }
        return code.value
    }

    public func refuseShell(
        _ order: ShellOrder?,
        in id: WorkspaceID?,
        by actor: Actor,
        from: [String: String],
        because: String
    ) async throws {
        var details = from
        details["because"] = because
        if let order { details["command"] = String(order.line.prefix(4096)) }
        try await around.store.append(
            RecordEntry(
                at: around.clock.now(),
                kind: "workspace.exec-refused",
                actor: actor,
                workspace: id,
                details: details
            )
        )
    }
}
