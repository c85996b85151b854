import CarrelCore
import EngineHost

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `instance.json`: what the engine decided for one instance, written before it is done, so that a crash at any point
/// leaves enough to go on or to clean up.
struct InstanceRecord: Codable, Sendable {
    var workspace: WorkspaceID
    var app: AppID
    var definition: String
    var deployment: String
    var sandboxed: Bool
    /// The user it runs as; nil: the one that runs Carrel.
    var uid: UInt32?
    /// Where the app listens: inside the sandbox, or on this machine's 127.0.0.1.
    var port: Int
    var ports: [String: Int]
    /// Where a home appears on this machine, if the app has one: its slot.
    var slot: String?
    /// The home that is, or is just being, attached.
    var home: AttachedHome?
    /// Paused by stopping its processes one by one, where there are no control groups.
    var stopped = false
    /// Bytes; for the sentence that says why it ended.
    var memoryLimit: Int64?
}

/// `keeper.json`, written by `carrel-init` before it starts anything.
struct KeeperRecord: Codable, Sendable {
    var pid: Int32
    var started: UInt64

    /// Pids come round again; together with its start a process is known for ever.
    var isAlive: Bool {
        guard let status = ProcessStatus(pid: pid) else { return false }
        return status.started == started && !status.isDead
    }
}

/// `exit.json`, written by `carrel-init` when the last process is gone.
struct ExitRecord: Codable, Sendable {
    var code: Int32?
    var signal: Int32?
    /// We wanted it to end.
    var asked: Bool
    var oomKills: Int
    /// Milliseconds since 1970.
    var at: Int64
}

extension JSONDecoder {
    /// Nil if there is no such file; throws if it can't be understood.
    func file<Value: Decodable>(_ type: Value.Type, at path: String) throws -> Value? {
        guard let bytes = SystemFile.bytes(path) else { return nil }
        return try decode(type, from: Data(bytes))
    }
}
