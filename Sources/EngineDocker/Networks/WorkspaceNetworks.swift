import CarrelCore
import EngineHost
import Glibc

/// The networks of workspaces: each has one of its own, with a small block of addresses, made before its container.
actor WorkspaceNetworks {
    /// What a container is told of its network.
    struct Place: Sendable {
        var network: String
        /// Nil: the network's driver chooses.
        var address: String?
        var dns: [String]?
        var dnsOptions: [String]?
    }

    static let bridge = "bridge"

    let client: DockerClient
    let deployment: String
    let settings: DockerEngineSettings
    nonisolated let firewall: ContainerFirewall
    var subnets: SubnetPool
    nonisolated let calm: Calm
    /// The engine makes and removes networks one after the other, however many are asked for: who asks with hundreds of others
    /// would be told too late.
    private let turnstile = Turnstile(places: 4)
    var policies = EgressPolicies()
    /// Blocks outside of `subnets` where workspaces still have their addresses.
    var olderBlocks: [String] = []
    /// Nil: nobody gets out, for no rules can be set.
    var wall: ContainerWall?
    /// What went wrong since.
    var trouble: EngineFinding?
    var ahead = NetworksAhead()
    /// Whom containers may ask for names, looked up anew each time.
    var lookup: @Sendable () -> NameLookup = NameLookup.current

    /// `mark` tells engines on one machine apart; eight hexadecimal digits.
    init(client: DockerClient, deployment: String, settings: DockerEngineSettings, mark: String) {
        self.client = client
        self.deployment = deployment
        self.settings = settings
        calm = Calm(settings.calm)
        firewall = ContainerFirewall(mark: mark)
        subnets = SubnetPool(block: settings.subnets)
    }

    /// Makes the network of a workspace, or finds the one that is there. Nothing may be started in it before `keepApart`.
    func make(for spec: InstanceSpec) async throws -> Place {
        try await make(spec.workspace, app: spec.app.id, egress: spec.app.egress)
    }

    func make(_ workspace: WorkspaceID, app: AppID, egress: Egress, isAhead: Bool = false) async throws -> Place {
        let name = ContainerLabels.name(workspace)
        let egress = granted(egress)
        let lookup = lookup()
        func place(_ subnet: String?) -> Place {
            Place(
                network: name,
                address: subnet.flatMap(SubnetPool.containerAddress),
                dns: lookup.told(egress),
                dnsOptions: lookup.options(egress)
            )
        }
        let code = policies.code(for: egress)
        if let there = try await listed(name).first {
            // One that was made ahead may be old: somebody else may have its addresses by now.
            let isGood = there.labels?[EgressPolicies.label] == EgressPolicies.text(egress) && !isAstray(there)
            if isGood { return place(there.subnets.first) }
            try await takeAway(workspace)
        }
        try await calm.wait()
        var labels = [
            ContainerLabels.deployment: deployment, ContainerLabels.app: app.description,
            ContainerLabels.workspace: workspace.description, EgressPolicies.label: EgressPolicies.text(egress),
        ]
        if isAhead { labels[NetworksAhead.label] = "1" }
        guard settings.networkDriver == Self.bridge else {
            try await create(name, labels, egress, subnet: nil, bridge: nil)
            return place(nil)
        }
        var attempt = 0
        var elsewhere: [HostRoutes.Route] = []
        // Free again as soon as whoever has it is gone.
        defer { for route in elsewhere { subnets.give(back: route.block) } }
        // Somebody else's network may have some of our block, or the bridge's name.
        for _ in 0..<64 {
            guard let subnet = subnets.next() else { break }
            if let route = ledElsewhere(subnet, than: nil) {
                elsewhere.append(.init(interface: route.interface, block: subnet))
                continue
            }
            do {
                let bridge = firewall.bridges.make(code: code, workspace: workspace, attempt: attempt)
                try await create(name, labels, egress, subnet: subnet, bridge: bridge)
                try await confirm(bridge, of: workspace)
                // Another engine of this machine may have taken the same at the same moment; each of the two looks after
                // it has made its own.
                if let route = ledElsewhere(subnet, than: bridge) {
                    try await takeAway(workspace)
                    subnets.take([subnet])
                    elsewhere.append(.init(interface: route.interface, block: subnet))
                    continue
                }
                return place(subnet)
            } catch let fault as DockerFault where fault.isSubnetTaken {
                continue
            } catch let fault as DockerFault where fault.message.contains("same bridge name") {
                subnets.give(back: subnet)
                attempt += 1
            } catch {
                subnets.give(back: subnet)
                throw error
            }
        }
        throw CarrelError(
            .engineFailed,
            "There is no network address left for a workspace.",
            detail: elsewhere.first.map {
                "this machine leads \($0.block) and others of \(settings.subnets) to \($0.interface): give the engine "
                    + "`subnets` that nothing else uses"
            } ?? "every /29 of \(settings.subnets) is taken: give the engine larger `subnets`"
        )
    }

    private func create(
        _ name: String,
        _ labels: [String: String],
        _ egress: Egress,
        subnet: String?,
        bridge: String?
    ) async throws {
        let request = NetworkRequest(
            name: name,
            driver: settings.networkDriver,
            isInternal: egress == .none,
            labels: labels,
            options: settings.networkOptions.merging(bridge.map { [BridgeName.option: $0] } ?? [:]) { $1 },
            addresses: subnet.map { .init(config: [["Subnet": $0]]) }
        )
        do {
            try await post(request)
        } catch let fault as DockerFault
            where fault.isSubnetTaken || fault.message.contains("same bridge name")
        {
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

    /// Podman looks at each interface of the machine first, and fails when one goes meanwhile.
    func post(_ request: NetworkRequest) async throws {
        for attempt in 1... {
            do {
                return try await turnstile.inTurn { [client] in
                    _ = try await client.post("/networks/create", body: request)
                }
            } catch let fault as DockerFault where attempt < 5 && fault.message.contains("no such network interface") {}
        }
    }

    /// The rules bind bridges of this machine: one that is somewhere else would be open.
    private func confirm(_ bridge: String, of workspace: WorkspaceID) async throws {
        guard wall != nil, if_nametoindex(bridge) == 0 else { return }
        try await takeAway(workspace)
        throw CarrelError(
            .engineFailed,
            "The workspace could not be kept from this machine's own addresses, so it was not started.",
            detail: "the container engine made the bridge \(bridge) where carrel does not see it"
        )
    }

    /// Does nothing if there is none.
    func remove(_ workspace: WorkspaceID) async throws {
        try await takeAway(workspace)
        ahead.forget(workspace)
    }

    /// As `remove`, for one that is about to get another.
    private func takeAway(_ workspace: WorkspaceID) async throws {
        try await calm.wait()
        for network in try await listed(ContainerLabels.name(workspace)) {
            do {
                try await turnstile.inTurn { [client] in try await client.delete("/networks/\(network.id)") }
            } catch let fault as DockerFault
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
            guard let workspace = network.workspace,
                let app = network.labels?[ContainerLabels.app].flatMap({ AppID($0) })
            else { return }
            all[workspace] = app
        }
    }

    /// Those whose address leads to another interface than their own bridge, with that one.
    func astray() async throws -> [WorkspaceID: String] {
        let routes = isHere ? HostRoutes.current().ambiguous(in: [settings.subnets] + olderBlocks) : []
        // As good as ever.
        guard !routes.isEmpty else { return [:] }
        return try await listed().reduce(into: [:]) { all, network in
            if let workspace = network.workspace { all[workspace] = HostRoutes.astray(network, routes) }
        }
    }

    private var isHere: Bool { settings.address.isThisMachine && settings.networkDriver == Self.bridge }

    private func isAstray(_ network: NetworkDetails) -> Bool {
        isHere && HostRoutes.astray(network, HostRoutes.current().routes) != nil
    }

    /// Whether the machine leads addresses of a block to another interface than this bridge; nil: than to none.
    private func ledElsewhere(_ subnet: String, than bridge: String?) -> HostRoutes.Route? {
        guard isHere else { return nil }
        return HostRoutes.current().overlapping(subnet, except: Set([bridge].compactMap(\.self))).first
    }

    /// Those that have a container, running or not.
    func contained() async throws -> Set<WorkspaceID> {
        do {
            let query = ["all": "1", "filters": ContainerLabels.filter(deployment)]
            let rows: [ContainerSummary] = try await client.get("/containers/json", query)
            return Set(rows.compactMap { ContainerLabels.workspace(of: $0.labels) })
        } catch let fault as DockerFault {
            throw fault.told("The containers can't be listed.")
        }
    }

    /// Our deployment's, or of those the ones of this name.
    func listed(_ name: String? = nil) async throws -> [NetworkDetails] {
        let label = #""label":["\#(ContainerLabels.deployment)=\#(deployment)"]"#
        // The filter takes expressions.
        let filter = name.map { #"{\#(label),"name":["^\#($0)$"]}"# } ?? "{\(label)}"
        return try await listed(filter: filter)
    }

    func listed(filter: String) async throws -> [NetworkDetails] {
        do { return try await client.get("/networks", ["filters": filter]) } catch let fault as DockerFault {
            throw fault.told("The networks can't be listed.")
        }
    }
}
