import CLinux
public import CarrelCore
import EngineHost
import Glibc

extension ProcessEngine {
    public func destroy(_ workspace: WorkspaceID, grace: Duration) async throws {
        _ = try prepared()
        try await locks.withLock(on: workspace) {
            let directory = self.directories.instance(workspace)
            guard directory.exists else { return }
            let record = try await self.record(workspace)
            if let keeper = directory.keeperRecord, keeper.isAlive {
                try await self.end(workspace, keeper: keeper, record: record, grace: grace)
            }
            try await self.remove(workspace, record: record)
        }
    }

    /// Asks the keeper to end the tree, and does it ourselves if the keeper does not get through.
    private func end(
        _ workspace: WorkspaceID,
        keeper: KeeperRecord,
        record: InstanceRecord?,
        grace: Duration
    ) async throws {
        let file = clinux_pidfd_open(keeper.pid)
        // Its pid may have passed to another between the two looks.
        guard file >= 0, keeper.isAlive else { return }
        let milliseconds = Int32(clamping: max(0, grace.milliseconds))
        let remains = record.map { Remains(record: $0, cgroup: machine?.cgroups.group(workspace), keeper: keeper) }
        try await blocking {
            defer { close(file) }
            clinux_pidfd_send(file, SIGTERM, milliseconds)
            let patience = Int32(clamping: Int64(milliseconds) + 5000)
            if clinux_pidfd_ended(file, patience) == 1 { return }
            remains?.kill()
            if clinux_pidfd_ended(file, 1000) == 1 { return }
            clinux_pidfd_send(file, SIGKILL, 0)
            guard clinux_pidfd_ended(file, 5000) == 1 else {
                throw CarrelError(.engineFailed, "The workspace does not end.", detail: "keeper \(keeper.pid)")
            }
        }
    }

    /// Removes what is left of an instance without processes: first the mount, and files only once it is gone.
    func remove(_ workspace: WorkspaceID, record: InstanceRecord?) async throws {
        exits.forget(workspace)
        let directory = directories.instance(workspace)
        let slot = directories.slot(workspace)
        let group = machine?.cgroups.group(workspace)
        if let record, directory.exitRecord == nil {
            Remains(record: record, cgroup: group, keeper: directory.keeperRecord).kill()
        }
        try await blocking {
            if let obstacle = unmount(slot) {
                throw CarrelError(.engineFailed, "The home can't be detached.", detail: "\(slot): \(obstacle)")
            }
            try Self.removeTree(slot)
            if let group { try Self.remove(group) }
            if let uid = record?.uid { try UserPool(uids: self.settings.uids).give(back: uid, from: directory.path) }
            // The record goes last: as long as it is there, this is repeated.
            try Self.removeTree(directory.runtime)
            try Self.removeTree(directory.temporary)
            try Self.removeTree(directory.path)
        }
        exits.announce(workspace)
    }

    /// The kernel lets go of the last process a moment after it is gone; on a busy machine a long one.
    private static func remove(_ group: Cgroup) throws {
        for _ in 0..<2500 {
            if group.remove() { return }
            usleep(2000)
        }
        throw CarrelError(
            .engineFailed,
            "The workspace's control group can't be removed.",
            detail: "processes still in it: \(group.processes)"
        )
    }

    private static func removeTree(_ path: String) throws {
        let result = clinux_remove_tree(path)
        guard result == 0 else {
            throw CarrelError(
                .engineFailed,
                "The workspace's files can't be removed.",
                detail: "\(path): \(String(cString: strerror(-result)))"
            )
        }
    }
}
