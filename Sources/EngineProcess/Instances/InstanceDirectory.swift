import CarrelCore
import EngineHost

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The files of one instance: `<state>/instances/<id>/`.
struct InstanceDirectory: Sendable {
    let path: String

    var record: String { path + "/instance.json" }
    var keeper: String { path + "/keeper.json" }
    var exit: String { path + "/exit.json" }
    var log: String { path + "/output.log" }
    var olderLog: String { path + "/output.log.1" }
    /// The app's own: seen as `/run/carrel` in a sandbox.
    var runtime: String { path + "/runtime" }
    /// The sandbox's `/tmp`.
    var temporary: String { path + "/tmp" }
    var identity: String { runtime + "/identity.json" }

    func socket(_ name: String) -> String { path + "/" + name }

    var exists: Bool { SystemFile.exists(path) }

    /// Nil if nothing was written down yet. Throws if what was can't be read: that is reported, never removed.
    func readRecord() throws -> InstanceRecord? { try JSONDecoder().file(InstanceRecord.self, at: record) }

    func write(_ value: InstanceRecord) throws { try SystemFile.replace(record, with: JSONEncoder().encode(value)) }

    var keeperRecord: KeeperRecord? { try? JSONDecoder().file(KeeperRecord.self, at: keeper) }

    var exitRecord: ExitRecord? { try? JSONDecoder().file(ExitRecord.self, at: exit) }
}

/// The directories of one engine of one deployment.
struct EngineDirectories: Sendable {
    let state: String

    var instances: String { state + "/instances" }
    var slots: String { state + "/slots" }
    var scratch: String { state + "/.probe-home" }

    func instance(_ workspace: WorkspaceID) -> InstanceDirectory {
        InstanceDirectory(path: "\(instances)/\(workspace)")
    }
    func slot(_ workspace: WorkspaceID) -> String { "\(slots)/\(workspace)" }

    /// Every workspace that has a directory here.
    var workspaces: [WorkspaceID] { SystemFile.names(in: instances).compactMap { WorkspaceID($0) }.sorted() }

    /// Names control groups and firewall chains: no other deployment on this machine has the same.
    var fingerprint: String { state.utf8.fingerprintDigits }
}
