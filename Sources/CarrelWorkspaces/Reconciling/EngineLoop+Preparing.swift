import CarrelCore
import Logging

extension EngineLoop {
    /// Whether the workspace, for which a job is on its way, can be started now. If something has to be fetched first, it
    /// waits for that outside its turn, so that it can be taken down meanwhile; then the next pass starts it, within the
    /// bound on starts.
    func isPrepared(_ id: WorkspaceID) async -> Bool {
        guard let engine = around.engines.ifPrepared(engine.name)?.can.preparing, notes[id]?.isPrepared != true,
            let row = try? await around.store.workspace(id), row.phase == .starting
        else { return true }
        let app = around.rules.now.known(row).app
        if await engine.isPrepared(app) { return true }
        preparing.insert(id)
        busy.remove(id)
        await guarded(id) {
            do {
                try await engine.prepare(app, for: id)
                await self.prepared(id)
            } catch let error as CarrelError where error.code == .appFailed || error.code == .engineFailed {
                try await self.notPrepared(id, error)
            }
        }
        preparing.remove(id)
        poked.set()
        return false
    }

    private func prepared(_ id: WorkspaceID) { notes[id, default: WorkspaceNotes()].isPrepared = true }

    private func notPrepared(_ id: WorkspaceID, _ error: CarrelError) async throws {
        busy.insert(id)
        defer { done(id) }
        around.logger.warning("workspace \(id) did not start: \(error)")
        try await takeDown(id, .failed(error.message))
    }

    /// Tells those who watch the workspace.
    func tell(_ step: Preparation) async {
        guard around.progress.note(step), let row = try? await around.store.workspace(step.workspace) else { return }
        if row.phase == .starting { around.progress.announce(row) }
    }

    /// Nil while an earlier one is still under way, or where there is nothing to do.
    func beginRefreshing() -> Job? {
        guard !isRefreshing, let images = around.engines.ifPrepared(engine.name)?.can.images else { return nil }
        let rules = around.rules.now
        let apps = rules.order.compactMap { rules.current($0)?.app }.filter { $0.engine == engine.name }
        guard !apps.isEmpty else { return nil }
        isRefreshing = true
        let now = around.clock.now()
        return {
            await images.refreshImages(of: apps, now: now)
            await self.refreshed()
        }
    }

    private func refreshed() { isRefreshing = false }

    /// Nil while an earlier one is still under way, and while anything starts: it would only be in its way.
    func beginMakingAhead() -> Job? {
        guard !isMakingAhead, busy.isEmpty, awaited.isEmpty,
            let ahead = around.engines.ifPrepared(engine.name)?.can.ahead
        else { return nil }
        let rules = around.rules.now
        let apps = rules.order.compactMap { rules.current($0)?.app }.filter { $0.engine == engine.name }
        isMakingAhead = true
        return {
            await ahead.makeAhead(for: apps)
            await self.madeAhead()
        }
    }

    private func madeAhead() { isMakingAhead = false }
}
