import CarrelCore
import EngineHost

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `instance.json`: what the engine decided for one workspace, written before it is done, so that a crash at any point
/// leaves enough to go on or to clean up. What the container can say of itself is on its labels.
struct ContainerRecord: Codable, Sendable {
    var workspace: WorkspaceID
    var app: AppID
    var definition: String
    /// Where a home appears on this machine, if the app has one and homes can be attached: its slot.
    var slot: String?
    /// The home that is, or is just being, attached.
    var home: AttachedHome?
    /// As whom the app's files appear inside; nil until that is known.
    var user: UserNumbers?
    /// As whose the home's files appear, where that is somebody else.
    var homeOwner: UserNumbers?
    /// The container's first process, on the engine's machine.
    var pid: Int32?
    /// Bytes; for the sentence that says why it ended.
    var memoryLimit: Int64?
}

/// The files of one engine of one deployment.
struct ContainerDirectories: Sendable {
    let state: String
    let slots: String

    var instances: String { state + "/instances" }
    var scratch: String { state + "/.probe-home" }

    func instance(_ workspace: WorkspaceID) -> ContainerDirectory {
        ContainerDirectory(path: "\(instances)/\(workspace)")
    }
    func slot(_ workspace: WorkspaceID) -> String { "\(slots)/\(workspace)" }

    /// Every workspace that has a directory here.
    var workspaces: [WorkspaceID] { SystemFile.names(in: instances).compactMap { WorkspaceID($0) }.sorted() }
}

/// The files of one workspace: `<state>/instances/<id>/`.
struct ContainerDirectory: Sendable {
    let path: String

    var record: String { path + "/instance.json" }
    /// The app's own: `/run/carrel` inside.
    var runtime: String { path + "/runtime" }
    var identity: String { runtime + "/identity.json" }
    var exists: Bool { SystemFile.exists(path) }

    /// Nil if nothing was written down yet. Throws if what was can't be read: that is reported, never removed.
    func readRecord() throws -> ContainerRecord? {
        guard let bytes = SystemFile.bytes(record) else { return nil }
        do { return try JSONDecoder().decode(ContainerRecord.self, from: Data(bytes)) } catch {
            throw CarrelError(
                .engineFailed,
                "The engine's record of this workspace can't be read.",
                detail: record,
                cause: error
            )
        }
    }

    func write(_ value: ContainerRecord) throws { try SystemFile.replace(record, with: JSONEncoder().encode(value)) }
}
