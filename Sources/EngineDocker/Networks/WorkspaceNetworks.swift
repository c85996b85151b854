import CarrelCore
import EngineHost

/// The networks of workspaces: each has one of its own, with a small block of addresses, made before its container.
actor WorkspaceNetworks {
    /// What a container is told of its network.
    struct Place: Sendable {
        var network: String
        /// Nil: the network's driver chooses.
        var address: String?
        var dns: [String]?
    }

    let client: DockerClient
    let deployment: String
    let settings: DockerEngineSettings
    private var subnets: SubnetPool

    init(client: DockerClient, deployment: String, settings: DockerEngineSettings) {
        self.client = client
        self.deployment = deployment
        self.settings = settings
        subnets = SubnetPool(block: settings.subnets)
    }

    /// Throws with a sentence if no network could be made here. Returns what an operator should know.
    func prepare() async throws -> [EngineFinding] {
        for network in try await listed() { subnets.take(network.subnets) }
        return []
    }

    /// Takes back what `prepare` did.
    func dismantle() async throws {}

    /// Makes the network of a workspace, or finds the one that is there.
    func make(for spec: InstanceSpec) async throws -> Place {
        let name = ContainerLabels.name(spec.workspace)
        if let there = try await listed().first(where: { $0.name == name }) {
            return Place(network: name, address: there.subnets.first.flatMap(SubnetPool.containerAddress))
        }
        guard settings.networkDriver == "bridge" else {
            try await create(name, spec, subnet: nil)
            return Place(network: name)
        }
        // Somebody else's network may have some of our block.
        for _ in 0..<64 {
            guard let subnet = subnets.next() else { break }
            do {
                try await create(name, spec, subnet: subnet)
                return Place(network: name, address: SubnetPool.containerAddress(in: subnet))
            } catch let fault as DockerFault where fault.message.contains("overlaps") {
                continue
            } catch {
                subnets.give(back: subnet)
                throw error
            }
        }
        throw CarrelError(
            .engineFailed,
            "There is no network address left for a workspace.",
            detail: "every /29 of \(settings.subnets) is taken: give the engine larger `subnets`"
        )
    }

    private func create(_ name: String, _ spec: InstanceSpec, subnet: String?) async throws {
        do {
            try await client.post(
                "/networks/create",
                body: NetworkRequest(
                    name: name,
                    driver: settings.networkDriver,
                    isInternal: spec.app.egress == .none,
                    labels: [
                        ContainerLabels.deployment: deployment, ContainerLabels.app: spec.app.id.description,
                        ContainerLabels.workspace: spec.workspace.description,
                    ],
                    options: settings.networkOptions,
                    addresses: subnet.map { .init(config: [["Subnet": $0]]) }
                )
            )
        } catch let fault as DockerFault where fault.message.contains("overlaps") {
            throw fault
        } catch let fault as DockerFault where fault.isMissing {
            throw CarrelError(
                .engineFailed,
                "The network for the workspace could not be made.",
                detail: "the container engine has no network driver \(settings.networkDriver): \(fault)"
            )
        } catch let fault as DockerFault {
            throw fault.told("The network for the workspace could not be made.")
        }
    }

    /// Does nothing if there is none.
    func remove(_ workspace: WorkspaceID) async throws {
        let name = ContainerLabels.name(workspace)
        for network in try await listed() where network.name == name {
            do { try await client.delete("/networks/\(network.id)") } catch let fault as DockerFault
                where fault.isMissing
            {
            } catch let fault as DockerFault {
                throw fault.told("The workspace's network could not be removed.")
            }
            for subnet in network.subnets { subnets.give(back: subnet) }
        }
    }

    /// Those that have a network, with their app.
    func workspaces() async throws -> [WorkspaceID: AppID] {
        try await listed().reduce(into: [:]) { all, network in
            guard let labels = network.labels,
                let workspace = labels[ContainerLabels.workspace].flatMap({ WorkspaceID($0) }),
                let app = labels[ContainerLabels.app].flatMap({ AppID($0) })
            else { return }
            all[workspace] = app
        }
    }

    private func listed() async throws -> [NetworkDetails] {
        do {
            return try await client.get("/networks", ["filters": ContainerLabels.filter(deployment)])
        } catch let fault as DockerFault {
            throw fault.told("The networks can't be listed.")
        }
    }
}
