public import CarrelCore
import EngineHost
import Glibc

extension ProcessEngine: InstancePausing {
    public func pause(_ workspace: WorkspaceID) async throws { try await freeze(workspace, true) }

    public func resume(_ workspace: WorkspaceID) async throws { try await freeze(workspace, false) }

    private func freeze(_ workspace: WorkspaceID, _ frozen: Bool) async throws {
        let machine = try prepared()
        try await locks.withLock(on: workspace) {
            var record = try await self.existing(workspace)
            let directory = self.directories.instance(workspace)
            guard let keeper = directory.keeperRecord, keeper.isAlive else {
                throw CarrelError(.notFound, "The workspace has ended.")
            }
            if try machine.cgroups.group(workspace).freeze(frozen) {
                self.exits.announce(workspace)
                return
            }
            guard record.stopped != frozen else { return }
            record.stopped = frozen
            try directory.write(record)
            let signal = frozen ? SIGSTOP : SIGCONT
            // Who was started while we walked is caught by the next walk.
            for _ in 0..<(frozen ? 3 : 1) {
                for process in ProcessStatus.descendants(of: keeper.pid) { kill(process.pid, signal) }
            }
            self.exits.announce(workspace)
        }
    }
}

extension ProcessEngine: InstanceEvents {
    public nonisolated func events() -> AsyncStream<WorkspaceID> { exits.events() }
}
