public import CarrelCore
import EngineHost
import Glibc

extension ProcessEngine: HomeAttaching {
    public func attach(
        _ home: HomeMount?,
        identity: WorkspaceIdentity,
        to workspace: WorkspaceID
    ) async throws {
        _ = try prepared()
        try await locks.withLock(on: workspace) {
            try await self.attachLocked(home, identity: identity, to: workspace)
        }
    }

    /// A directory is always there.
    public func expect(_ home: HomeMount) async throws {}

    private func attachLocked(_ home: HomeMount?, identity: WorkspaceIdentity, to workspace: WorkspaceID) throws {
        var record = try existing(workspace)
        let directory = directories.instance(workspace)
        if let home {
            guard record.slot != nil else {
                throw CarrelError(.invalid, "This workspace's app has no place for a home.")
            }
            try mount(home, record: &record, directory: directory)
        }
        try IdentityFile.write(identity, to: directory.identity, owner: record.uid)
    }

    private func mount(_ home: HomeMount, record: inout InstanceRecord, directory: InstanceDirectory) throws {
        guard let slot = record.slot else { return }
        let user = record.uid ?? home.storageUID
        try Slot(path: slot).attach(
            AttachedHome(location: home.location, storageUID: home.storageUID, isMounted: true),
            over: record.home,
            user: user,
            group: user,
            open: { try openHome(home) },
            remember: {
                record.home = $0
                try directory.write(record)
            }
        )
    }

    /// At a start with the home known. Where nothing can be mounted, the sandbox takes the home itself; where owners
    /// can't be mapped, the workspace runs as the one that owns the home's files.
    func mountOrNot(
        _ home: HomeMount,
        record: inout InstanceRecord,
        machine: Machine,
        directory: InstanceDirectory
    ) throws {
        if machine.canAttach {
            do { return try mount(home, record: &record, directory: directory) } catch let error as SystemFile.Failure {
                guard error.code == EINVAL || error.code == EOPNOTSUPP else { throw HomeDirectory.unreachable(error) }
            }
        }
        close(try openHome(home))
        record.home = AttachedHome(location: home.location, storageUID: home.storageUID, isMounted: false)
        if machine.isRoot {
            if let uid = record.uid { try users.give(back: uid, from: directory.path) }
            record.uid = home.storageUID
            for path in [directory.runtime, directory.temporary] {
                try SystemFile.makeDirectory(path, mode: 0o700, owner: home.storageUID)
            }
        }
        try directory.write(record)
    }

    private func openHome(_ home: HomeMount) throws -> Int32 {
        let file = try HomeDirectory.open(home.location, owner: geteuid() == 0 ? home.storageUID : geteuid())
        ProjectQuota.keep(home.quota, on: file)
        return file
    }
}
