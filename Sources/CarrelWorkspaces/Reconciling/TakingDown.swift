import CarrelCore
import Logging

extension Hands {
    /// Ends a workspace: reason written, route withdrawn, instance destroyed, last lines kept. The home is detached
    /// before the row is `ended`, so that it is never in two workspaces of the same name. Returns false if the picture
    /// that this was decided from does not hold any more.
    @discardableResult
    func takeDown(_ id: WorkspaceID, _ ending: Ending) async throws -> Bool {
        try await around.turns.turn(of: id) {
            guard let row = try await store.workspace(id), row.phase.isLiving else { return true }
            let holds = try await stillHolds(ending, for: row)
            guard row.phase == .stopping || holds else { return false }
            let log = await lastLines(of: row)
            let reason = row.reason ?? ending.reason(log: log, app: around.rules.now.known(row).app)
            if row.phase != .stopping {
                let next = try await apply(.stopping(reason), to: id)
                try await decide(ending.verdict, row, because: ending.sentence(reason), inputs: await inputs(of: row))
                if ending.isTrouble {
                    around.logger.warning("workspace \(id) of \(row.app) ended: \(ending.sentence(reason))")
                }
                guard next.phase == .stopping else { return true }
            }
            await around.routes.withdraw(id)
            try await around.engines.prepared(row.engine).engine.destroy(id, grace: grace(row))
            await leftHome(row)
            try await apply(.ended(reason, log: log), to: id)
            around.traces.forget(id)
            return true
        }
    }

    /// Something with our label that the store does not want: destroyed, and said.
    func destroyStray(_ id: WorkspaceID, on engine: EngineName) async throws {
        try await around.turns.turn(of: id) {
            let row = try await store.workspace(id)
            if let row, row.phase.isLiving, row.phase != .queued { return }
            around.logger.warning(
                "destroying an instance that the store does not want",
                metadata: ["workspace": "\(id)", "engine": "\(engine)", "phase": "\(row?.phase.rawValue ?? "unknown")"]
            )
            try await around.engines.prepared(engine).engine.destroy(id, grace: around.pacing.stopGrace)
            try await store.append(
                RecordEntry(
                    at: around.clock.now(),
                    kind: "instance.stray-destroyed",
                    actor: .hub,
                    workspace: id,
                    details: ["engine": engine.description]
                )
            )
        }
    }

    func stillHolds(_ ending: Ending, for row: Workspace) async throws -> Bool {
        switch ending {
        case .replaced: return row.owner == nil
        case .neverReady: return row.phase == .starting
        case .idle:
            guard row.phase == .ready, let after = around.rules.now.known(row).app.idle.after else { return false }
            let counted = await around.routes.traffic(of: row.id)?.lastActiveAt
            let last = [row.lastActiveAt, row.handedOverAt, counted].compactMap { $0 }.max()
            return last.map { around.clock.now() - $0 >= after } ?? true
        default: return true
        }
    }

    private func inputs(of row: Workspace) async -> [String: String] {
        var inputs = ["phase": row.phase.rawValue, "created": row.createdAt.description]
        if let claimedAt = row.claimedAt { inputs["claimed"] = claimedAt.description }
        let counted = await around.routes.traffic(of: row.id)?.lastActiveAt
        if let last = [row.lastActiveAt, counted].compactMap({ $0 }).max() { inputs["last-active"] = last.description }
        return inputs
    }

    private func grace(_ row: Workspace) -> Duration { row.owner == nil ? .zero : around.pacing.stopGrace }

    /// What the app wrote last; empty where the engine keeps nothing, or can't say.
    func lastLines(of row: Workspace, count: Int = 50) async -> String {
        guard row.phase != .queued, let logs = around.engines.ifPrepared(row.engine)?.can.logs else { return "" }
        return (try? await logs.tail(row.id, lines: count)) ?? ""
    }
}

extension Ending {
    func reason(log: String, app: App) -> EndReason {
        switch self {
        case .idle: .idle
        case .lifetime: .lifetime
        case .replaced: .replaced
        case .lost: .lost
        case .exited(let code, let because): .failed(Self.exit(code, because, log))
        case .neverReady(let within):
            .failed("\(app.title) did not answer within \(within.forPeople)" + Self.lastLine(log))
        case .failed(let sentence): .failed(sentence)
        case .goOn: .lost
        }
    }

    var verdict: Decision.Verdict {
        switch self {
        case .idle: .culled
        case .lifetime: .stopped
        case .replaced: .replaced
        case .lost: .lost
        case .exited, .neverReady, .failed: .failed
        case .goOn: .stopped
        }
    }

    /// Nobody wished it, and the log has not told it yet.
    var isTrouble: Bool {
        switch self {
        case .exited, .neverReady, .lost: true
        default: false
        }
    }

    func sentence(_ reason: EndReason) -> String {
        switch self {
        case .idle(let because), .replaced(let because): because
        case .lifetime(let lifetime): "it lived for \(lifetime.forPeople), the longest that its app allows"
        case .lost(let missing): "the engine has not had its instance for \(missing.forPeople)"
        default: ProgressSentence.ended(reason)
        }
    }

    private static func exit(_ code: Int32?, _ because: String?, _ log: String) -> String {
        let how = code.map { " with code \($0)" } ?? ""
        guard let because else { return "the app exited\(how)" + lastLine(log) }
        let line = lastLine(log)
        // An engine that knows more tells the code and the last line itself.
        let isTold = line.isEmpty || because.contains(line.dropFirst(2).prefix(60))
        return (code.map { because.contains("code \($0)") } ?? true ? "" : "the app exited\(how): ") + because
            + (isTold ? "" : " It said last\(line)")
    }

    private static func lastLine(_ log: String) -> String {
        guard let line = log.split(whereSeparator: \.isNewline).last(where: { !$0.allSatisfy(\.isWhitespace) }) else {
            return ""
        }
        return ": " + line.prefix(300)
    }
}
