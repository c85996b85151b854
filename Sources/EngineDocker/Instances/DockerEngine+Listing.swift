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
        let astray = try await networks.astray()
        var list: [Instance] = []
        var seen: Set<WorkspaceID> = []
        for row in rows {
            guard var instance = try await instance(of: row) else { continue }
            instance.isOutdated = outdated.contains(row.id)
            if let interface = astray[instance.workspace], instance.state == .running {
                instance.state = .exited(code: nil, because: Self.astray(interface))
            }
            seen.insert(instance.workspace)
            list.append(instance)
        }
        // Those whose container is gone have a network, a slot and files left.
        let networked = try await networks.workspaces()
        for workspace in Set(known).union(networked.keys).subtracting(seen) {
            if await networks.isAhead(workspace) { continue }
            if let left = try await leftOver(workspace, app: networked[workspace]) { list.append(left) }
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

    /// Nil if there is none of ours. Throws if the engine does not say. The listing may lag behind what was just done; this
    /// does not.
    func instance(_ workspace: WorkspaceID) async throws -> Instance? {
        do {
            let details: ContainerDetails = try await client.get("/containers/\(ContainerLabels.name(workspace))/json")
            guard details.config.labels?[ContainerLabels.deployment] == deployment else { return nil }
            return try await instance(of: details)
        } catch let fault as DockerFault where fault.isMissing {
            return nil
        } catch let fault as DockerFault {
            throw fault.told("The container can't be found.")
        }
    }

    /// Nil for one whose labels we did not write, and for one that is gone.
    private func instance(of row: ContainerSummary) async throws -> Instance? {
        guard let mark = ContainerMark(row.labels, names: row.names) else { return nil }
        switch row.state {
        case "running", "restarting": return instance(mark, .running, row.networkSettings)
        case "paused": return instance(mark, .paused, row.networkSettings)
        case "created" where await locks.isHeld(mark.workspace): return instance(mark, .running, row.networkSettings)
        default:
            // It has ended, or the listing is older than its start, or its removal.
            return try await self.instance(mark.workspace)
        }
    }

    func instance(of details: ContainerDetails) async throws -> Instance? {
        guard let mark = ContainerMark(details.config.labels ?? [:], names: [details.name]) else { return nil }
        let state: Instance.State =
            switch details.state.status {
            case "running", "restarting": .running
            case "paused": .paused
            case "created": .exited(code: nil, because: "Its start was interrupted.")
            default: try await endingSeen(of: details, mark.workspace)
            }
        return instance(mark, state, details.networkSettings)
    }

    private func instance(
        _ mark: ContainerMark,
        _ state: Instance.State,
        _ settings: ContainerSummary.NetworkSettings?
    ) -> Instance {
        let address = settings?.networks?[ContainerLabels.name(mark.workspace)]?.address
        let endpoint = { (port: Int) -> Endpoint? in
            address.flatMap { $0.isEmpty ? nil : .tcp(host: $0, port: port) }
        }
        return Instance(
            workspace: mark.workspace,
            app: mark.app,
            definition: mark.definition,
            state: state,
            endpoint: mark.port.flatMap(endpoint),
            extraEndpoints: mark.ports.compactMapValues(endpoint),
            home: record(mark.workspace)?.home?.location
        )
    }

    private func record(_ workspace: WorkspaceID) -> ContainerRecord? {
        try? directories.instance(workspace).readRecord()
    }

    private func endingSeen(of details: ContainerDetails, _ workspace: WorkspaceID) async throws -> Instance.State {
        // One that is just being taken down has not ended by itself.
        if await !locks.isHeld(workspace) { networks.calm.ended(details.id) }
        return try await ending(of: details, memoryLimit: record(workspace)?.memoryLimit)
    }

    private func ending(of details: ContainerDetails, memoryLimit: Int64?) async throws -> Instance.State {
        do {
            let log = try await lastLines(20, of: details.id)
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
            return .exited(code: nil, because: Self.removed)
        } catch let fault as DockerFault {
            throw fault.told("The container can't be looked at.")
        }
    }

    /// Its member would write into somebody else's workspace.
    private static func astray(_ interface: String) -> String {
        "Its network address leads to another network of this machine (\(interface)), so nobody can be let in."
    }

    private static let removed = "Its container was removed from outside."

    /// What is left of one whose container somebody removed, or of a start or an end that a crash interrupted.
    private func leftOver(_ workspace: WorkspaceID, app: AppID?) async throws -> Instance? {
        // Being made, or being removed.
        if await locks.isHeld(workspace) { return nil }
        if let there = try await instance(workspace) { return there }
        let record = record(workspace)
        guard let app = record?.app ?? app else { return nil }
        return Instance(
            workspace: workspace,
            app: app,
            definition: record?.definition,
            state: .exited(code: nil, because: Self.removed),
            endpoint: nil,
            home: record?.home?.location
        )
    }
}

/// What our labels say of a container.
private struct ContainerMark {
    let workspace: WorkspaceID
    let app: AppID
    let definition: String?
    let port: Int?
    let ports: [String: Int]

    /// Nil for one whose labels we did not write.
    init?(_ labels: [String: String], names: [String]) {
        guard let workspace = labels[ContainerLabels.workspace].flatMap({ WorkspaceID($0) }),
            let app = labels[ContainerLabels.app].flatMap({ AppID($0) }),
            names.contains("/" + ContainerLabels.name(workspace))
        else { return nil }
        self.workspace = workspace
        self.app = app
        definition = labels[ContainerLabels.definition]
        port = labels[ContainerLabels.port].flatMap { Int($0) }
        ports = ContainerLabels.ports(labels[ContainerLabels.ports])
    }
}
