public import CarrelCore
import EngineHost
import Glibc

extension DockerEngine: HomeAttaching {
    public func attach(_ home: HomeMount?, identity: WorkspaceIdentity, to workspace: WorkspaceID) async throws {
        _ = try prepared()
        try await locks.withLock(on: workspace) {
            let directory = self.directories.instance(workspace)
            guard var record = try directory.readRecord() else {
                throw CarrelError(.notFound, "There is no such workspace on this engine.")
            }
            if let home {
                guard record.slot != nil else {
                    throw CarrelError(.invalid, "This workspace's app has no place for a home.")
                }
                try await self.mount(home, record: &record, directory: directory)
            }
            let owner = geteuid() == 0 ? record.user?.uid : nil
            try IdentityFile.write(identity, to: directory.identity, owner: owner)
        }
    }

    public func expect(_ home: HomeMount) async throws {
        _ = try prepared()
        _ = try await storage(of: home)
    }

    private func storage(of home: HomeMount) async throws -> HomeStorage {
        try await HomeStorage.find(home, client: client, holders: holders, deployment: deployment)
    }

    /// Whether the home lies over the slot inside: a mount that stays outside would let a member write into the slot, which
    /// goes with the workspace. True also before the container's first step, and where its processes can't be seen.
    private static func isSeen(at mount: String, by pid: Int32?) -> Bool {
        guard let pid, let layers = MountTable.layers(at: mount, of: pid), layers > 0 else { return true }
        return layers > 1
    }

    /// Mounts the home over the workspace's slot, from where it appears inside.
    func mount(_ home: HomeMount, record: inout ContainerRecord, directory: ContainerDirectory) async throws {
        guard let slot = record.slot else { return }
        let storage = try await storage(of: home)
        let user = record.homeOwner ?? record.user ?? UserNumbers(uid: 0, gid: 0)
        var updated = record
        defer { record = updated }
        // Since before the container was made: then it is what the container has there, in one layer.
        let wasThere = record.home?.isMounted == true && Slot(path: slot).isMounted
        do {
            try Slot(path: slot).attach(
                AttachedHome(location: home.location, storageUID: storage.owner, isMounted: true),
                over: record.home,
                user: user.uid,
                group: user.gid,
                open: {
                    let file = try storage.open()
                    ProjectQuota.keep(home.quota, on: file)
                    return file
                },
                remember: {
                    updated.home = $0
                    try directory.write(updated)
                }
            )
        } catch let failure as SystemFile.Failure {
            throw HomeDirectory.unreachable(failure)
        }
        guard wasThere || Self.isSeen(at: home.mount, by: updated.pid) else {
            _ = Slot(path: slot).detach()
            updated.home = nil
            try directory.write(updated)
            throw CarrelError(
                .engineFailed,
                "The home could not be attached.",
                detail:
                    "what carrel mounts below \(directories.slots) does not appear in containers: it must be the same "
                    + "shared mount for carrel and for the container engine"
            )
        }
    }
}
