import CLinux
public import CarrelCore
import EngineHost
import Glibc

extension DockerEngine {
    public func destroy(_ workspace: WorkspaceID, grace: Duration) async throws {
        _ = try prepared()
        try await locks.withLock(on: workspace) { try await self.remove(workspace, grace: grace) }
    }

    /// Ends the container, undoes the home's mount, and removes the rest; the record goes last: as long as it is there,
    /// this is repeated.
    func remove(_ id: WorkspaceID, grace: Duration) async throws {
        let name = ContainerLabels.name(id)
        let directory = directories.instance(id)
        let isOurs = try await end(name, grace: grace)
        let slot = Slot(path: directories.slot(id))
        try await blocking {
            if let obstacle = slot.detach() {
                throw CarrelError(.engineFailed, "The home can't be detached.", detail: "\(slot.path): \(obstacle)")
            }
        }
        if isOurs {
            do { try await client.delete("/containers/\(name)", ["force": "1", "v": "1"]) } catch let fault
                as DockerFault where fault.isMissing || fault.isConflict && fault.message.contains("in progress")
            {
            } catch let fault as DockerFault {
                throw fault.told("The container could not be removed.")
            }
        }
        try await networks.remove(id)
        try await blocking {
            try Self.removeTree(slot.path)
            try Self.removeTree(directory.runtime)
            try Self.removeTree(directory.path)
        }
    }

    /// Until nothing of it runs any more. False if there is no such container of ours.
    private func end(_ name: String, grace: Duration) async throws -> Bool {
        do {
            let details: ContainerDetails = try await client.get("/containers/\(name)/json")
            guard details.config.labels?[ContainerLabels.deployment] == deployment else { return false }
            if details.state.status == "paused" { try await client.post("/containers/\(name)/unpause") }
            guard details.state.pid != 0 else { return true }
            if grace > .zero {
                // The engine counts in whole seconds.
                let seconds = max(1, (grace.milliseconds + 999) / 1000)
                try await client.post("/containers/\(name)/stop", ["t": "\(seconds)"], within: grace + .seconds(60))
            } else {
                try await client.post("/containers/\(name)/kill")
                try await client.post("/containers/\(name)/wait")
            }
            return true
        } catch let fault as DockerFault where fault.isMissing {
            return false
        } catch let fault as DockerFault where fault.isConflict {
            // It ended by itself meanwhile.
            return true
        } catch let fault as DockerFault {
            throw fault.told("The container could not be ended.")
        }
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
