public import CarrelCore
import EngineHost
import Logging

extension DockerEngine {
    public func instances() async throws -> [Instance] {
        _ = try prepared()
        do { try await networks.keepApart() } catch { logger.error("engine \(name): \(error)") }
        // Before the listing: one that is made meanwhile is in the listing, or nowhere.
        let known = directories.workspaces
        let rows = try await listed()
        let outdated = try await outdated(rows)
        var list: [Instance] = []
        var seen: Set<WorkspaceID> = []
        for row in rows {
            guard var instance = try await instance(of: row) else { continue }
            instance.isOutdated = outdated.contains(row.id)
            seen.insert(instance.workspace)
            list.append(instance)
        }
        // Those whose container is gone have a network, a slot and files left.
        let networked = try await networks.workspaces()
        for workspace in Set(known).union(networked.keys).subtracting(seen) {
            if let left = await leftOver(workspace, app: networked[workspace]) { list.append(left) }
        }
        try? await holders.sweep(attached: Set(list.compactMap(\.home)))
        return list.sorted { $0.workspace < $1.workspace }
    }

    /// Of the containers that carry our deployment's label.
    private func listed() async throws -> [ContainerSummary] {
        do {
            return try await client.get(
                "/containers/json",
                ["all": "1", "filters": ContainerLabels.filter(deployment)]
            )
        } catch let fault as DockerFault {
            throw fault.told("The containers can't be listed.")
        }
    }

    /// Nil if there is none. Throws if the engine does not say.
    func instance(_ workspace: WorkspaceID) async throws -> Instance? {
        let filter =
            #"{"label":["\#(ContainerLabels.deployment)=\#(deployment)","\#(ContainerLabels.workspace)=\#(workspace)"]}"#
        let rows: [ContainerSummary]
        do { rows = try await client.get("/containers/json", ["all": "1", "filters": filter]) } catch let fault
            as DockerFault
        {
            throw fault.told("The container can't be found.")
        }
        guard let row = rows.first else { return nil }
        return try await instance(of: row)
    }

    /// Nil for one whose labels we did not write.
    private func instance(of row: ContainerSummary) async throws -> Instance? {
        guard let workspace = row.labels[ContainerLabels.workspace].flatMap({ WorkspaceID($0) }),
            let app = row.labels[ContainerLabels.app].flatMap({ AppID($0) }),
            row.names.contains("/" + ContainerLabels.name(workspace))
        else { return nil }
        let record = try? directories.instance(workspace).readRecord()
        let address = row.networkSettings?.networks?[ContainerLabels.name(workspace)]?.address
        let endpoint = { (port: Int) -> Endpoint? in
            address.flatMap { $0.isEmpty ? nil : .tcp(host: $0, port: port) }
        }
        return Instance(
            workspace: workspace,
            app: app,
            definition: row.labels[ContainerLabels.definition],
            state: try await state(of: row, workspace, memoryLimit: record?.memoryLimit),
            endpoint: row.labels[ContainerLabels.port].flatMap(Int.init).flatMap(endpoint),
            extraEndpoints: ContainerLabels.ports(row.labels[ContainerLabels.ports]).compactMapValues(endpoint),
            home: record?.home?.location
        )
    }

    private func state(
        of row: ContainerSummary,
        _ workspace: WorkspaceID,
        memoryLimit: Int64?
    ) async throws -> Instance.State {
        switch row.state {
        case "running", "restarting": return .running
        case "paused": return .paused
        case "created":
            return await locks.isHeld(workspace)
                ? .running : .exited(code: nil, because: "Its start was interrupted.")
        default: return try await ending(of: row.id, memoryLimit: memoryLimit)
        }
    }

    private func ending(of container: String, memoryLimit: Int64?) async throws -> Instance.State {
        do {
            let details: ContainerDetails = try await client.get("/containers/\(container)/json")
            let log = try await lastLines(20, of: container)
            let code = details.state.exitCode
            let sentence =
                if details.state.oomKilled, code == 137 {
                    LogText.outOfMemory(limit: memoryLimit)
                } else if code > 128, code < 160 {
                    LogText.ended("The app was ended by signal \(code - 128).", log: log)
                } else {
                    LogText.ended("The app ended by itself with code \(code).", log: log)
                }
            return .exited(code: code, because: sentence)
        } catch let fault as DockerFault where fault.isMissing || fault.isConflict {
            return .exited(code: nil, because: "Its container was removed from outside.")
        } catch let fault as DockerFault {
            throw fault.told("The container can't be looked at.")
        }
    }

    /// What is left of one whose container somebody removed, or of a start or an end that a crash interrupted.
    private func leftOver(_ workspace: WorkspaceID, app: AppID?) async -> Instance? {
        // Being made, or being removed.
        if await locks.isHeld(workspace) { return nil }
        let directory = directories.instance(workspace)
        let record = try? directory.readRecord()
        guard let app = record?.app ?? app else { return nil }
        return Instance(
            workspace: workspace,
            app: app,
            definition: record?.definition,
            state: .exited(code: nil, because: "Its container was removed from outside."),
            endpoint: nil,
            home: record?.home?.location
        )
    }
}
