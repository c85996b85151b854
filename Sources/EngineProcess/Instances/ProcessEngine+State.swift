import CLinux
import CarrelCore
import EngineHost
import Glibc

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension ProcessEngine {
    /// Nil if there is none. Throws if its record can't be read.
    func record(_ workspace: WorkspaceID) throws -> InstanceRecord? {
        do { return try directories.instance(workspace).readRecord() } catch {
            throw CarrelError(
                .engineFailed,
                "The engine's record of this workspace can't be read.",
                detail: directories.instance(workspace).record,
                cause: error
            )
        }
    }

    /// The record of one that must be there.
    func existing(_ workspace: WorkspaceID) throws -> InstanceRecord {
        guard let record = try record(workspace) else {
            throw CarrelError(.notFound, "There is no such workspace on this engine.")
        }
        return record
    }

    func instance(_ workspace: WorkspaceID) async throws -> Instance? {
        guard let record = try record(workspace) else { return nil }
        return Instance(
            workspace: workspace,
            app: record.app,
            definition: record.definition,
            state: await state(record),
            endpoint: endpoint(record, port: record.port, socket: "app.sock"),
            extraEndpoints: record.ports.reduce(into: [:]) { all, port in
                all[port.key] = endpoint(record, port: port.value, socket: Self.socketName(port.key, in: record))
            },
            home: record.home?.location
        )
    }

    /// Short whatever the port is called: paths of sockets are.
    static func socketName(_ port: String, in record: InstanceRecord) -> String {
        "p\(record.ports.keys.sorted().firstIndex(of: port) ?? 0).sock"
    }

    private func endpoint(_ record: InstanceRecord, port: Int, socket: String) -> Endpoint {
        record.sandboxed
            ? .unix(path: directories.instance(record.workspace).socket(socket)) : .tcp(host: "127.0.0.1", port: port)
    }

    private func state(_ record: InstanceRecord) async -> Instance.State {
        let directory = directories.instance(record.workspace)
        guard let keeper = directory.keeperRecord else {
            // Between the record and the keeper's first line: being started, or broken off there by a crash.
            return await locks.isHeld(record.workspace)
                ? .running : .exited(code: nil, because: "Its start was interrupted.")
        }
        if keeper.isAlive {
            let frozen = machine?.cgroups.group(record.workspace).isFrozen ?? record.stopped
            return frozen ? .paused : .running
        }
        let exit = directory.exitRecord ?? bury(record)
        let log = SystemFile.bytes(directory.log, last: 4096).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return .exited(code: exit.code, because: exit.sentence(memoryLimit: record.memoryLimit, log: log))
    }

    /// Its keeper was killed, so nobody is left to end the rest of the tree and to write down that it is over.
    private func bury(_ record: InstanceRecord) -> ExitRecord {
        Remains(record: record, cgroup: machine?.cgroups.group(record.workspace)).kill()
        let now = clock.now().milliseconds
        let exit = ExitRecord(code: nil, signal: nil, asked: false, oomKills: 0, at: now)
        if let data = try? JSONEncoder().encode(exit) {
            try? SystemFile.replace(directories.instance(record.workspace).exit, with: data)
        }
        return exit
    }
}
