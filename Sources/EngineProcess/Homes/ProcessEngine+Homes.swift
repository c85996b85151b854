import CLinux
public import CarrelCore
import Glibc

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

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

    private func attachLocked(_ home: HomeMount?, identity: WorkspaceIdentity, to workspace: WorkspaceID) throws {
        var record = try existing(workspace)
        let directory = directories.instance(workspace)
        if let home {
            guard record.slot != nil else {
                throw CarrelError(.invalid, "This workspace's app has no place for a home.")
            }
            try mount(home, record: &record, directory: directory)
        }
        try writeIdentity(identity, in: directory, owner: record.uid)
    }

    /// Mounts the home over the workspace's slot, from where it appears inside. The record comes first: after a crash
    /// in between the same call finishes it.
    private func mount(_ home: HomeMount, record: inout InstanceRecord, directory: InstanceDirectory) throws {
        guard let slot = record.slot else { return }
        let wanted = InstanceRecord.Home(location: home.location, storageUID: home.storageUID, isMounted: true)
        if let attached = record.home {
            guard attached.location == wanted.location, attached.storageUID == wanted.storageUID else {
                throw CarrelError(.conflict, "Another home is attached to this workspace already.")
            }
            if !attached.isMounted || clinux_is_mounted(slot) == 1 { return }
        }
        let file = try openHome(home)
        defer { close(file) }
        record.home = wanted
        try directory.write(record)
        let result = clinux_attach(file, slot, home.storageUID, record.uid ?? home.storageUID)
        guard result == 0 else {
            record.home = nil
            try directory.write(record)
            throw SystemFile.Failure(path: home.location, code: -result)
        }
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
                guard error.code == EINVAL || error.code == EOPNOTSUPP else { throw unreachable(home, error) }
            }
        }
        close(try openHome(home))
        record.home = InstanceRecord.Home(location: home.location, storageUID: home.storageUID, isMounted: false)
        if machine.isRoot {
            if let uid = record.uid { try users.give(back: uid, from: directory.path) }
            record.uid = home.storageUID
            for path in [directory.runtime, directory.temporary] {
                try SystemFile.makeDirectory(path, mode: 0o700, owner: home.storageUID)
            }
        }
        try directory.write(record)
    }

    /// The home's directory, made if it is missing.
    private func openHome(_ home: HomeMount) throws -> Int32 {
        let owner = geteuid() == 0 ? home.storageUID : geteuid()
        let file = clinux_open_home(home.location, owner)
        guard file >= 0 else { throw unreachable(home, SystemFile.Failure(path: home.location, code: -file)) }
        var about = stat()
        guard fstat(file, &about) == 0, about.st_uid == owner else {
            close(file)
            throw CarrelError(
                .engineFailed,
                "The home belongs to somebody else.",
                detail: "\(home.location): uid \(about.st_uid) instead of \(owner)"
            )
        }
        return file
    }

    private func unreachable(_ home: HomeMount, _ error: SystemFile.Failure) -> CarrelError {
        CarrelError(.engineFailed, "The home can't be reached.", detail: error.description)
    }

    /// The directory is the workspace's own, which may have put anything there: it is opened for what it is, and the
    /// file is made anew and put in place, never written through a link.
    func writeIdentity(_ identity: WorkspaceIdentity, in directory: InstanceDirectory, owner: UInt32?) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try SystemFile.replace(directory.identity, with: encoder.encode(identity), owner: owner)
    }
}
