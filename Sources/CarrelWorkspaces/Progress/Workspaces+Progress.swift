public import CarrelCore

extension Workspaces {
    public func events(_ id: WorkspaceID) async throws -> AsyncStream<WorkspaceEvent> {
        _ = try await existing(id)
        let stream = around.progress.watch(id)
        // Read after it began to watch, so that no change falls between.
        let row = try await existing(id)
        around.progress.announce(row, position: try await around.store.queuePosition(id))
        return stream
    }

    public func logs(_ id: WorkspaceID, lines: Int) async throws -> String {
        let row = try await existing(id)
        guard row.phase.isLiving else { return row.lastLog.lastLines(lines) }
        guard row.phase != .queued, let logs = around.engines.ifPrepared(row.engine)?.can.logs else { return "" }
        return try await logs.tail(id, lines: max(0, lines))
    }

    public func followLogs(_ id: WorkspaceID) async throws -> AsyncThrowingStream<String, any Error> {
        let row = try await existing(id)
        guard let logs = around.engines.ifPrepared(row.engine)?.can.logs else {
            throw CarrelError(.unsupported, "The logs of this app's workspaces can't be followed.")
        }
        guard row.phase.isLiving, row.phase != .queued else { return AsyncThrowingStream { $0.finish() } }
        return try await logs.follow(id)
    }
}

extension String {
    fileprivate func lastLines(_ count: Int) -> String {
        split(separator: "\n", omittingEmptySubsequences: false).suffix(max(0, count)).joined(separator: "\n")
    }
}
