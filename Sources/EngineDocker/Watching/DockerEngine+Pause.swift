public import CarrelCore
import EngineHost

extension DockerEngine: InstancePausing {
    public func pause(_ workspace: WorkspaceID) async throws { try await change(workspace, "pause", is: "paused") }
    public func resume(_ workspace: WorkspaceID) async throws { try await change(workspace, "unpause", is: "running") }

    private func change(_ workspace: WorkspaceID, _ verb: String, is wanted: String) async throws {
        let name = ContainerLabels.name(workspace)
        try await locks.withLock(on: workspace) {
            do {
                let details: ContainerDetails = try await self.client.get("/containers/\(name)/json")
                guard details.config.labels?[ContainerLabels.deployment] == self.deployment else {
                    throw DockerFault(status: 404, message: "not ours", call: verb)
                }
                if details.state.status != wanted { try await self.client.post("/containers/\(name)/\(verb)") }
            } catch let fault as DockerFault where fault.isMissing {
                throw CarrelError(.notFound, "There is no such workspace on this engine.")
            } catch let fault as DockerFault {
                throw fault.told("The workspace could not be \(wanted == "paused" ? "paused" : "resumed").")
            }
        }
    }
}
