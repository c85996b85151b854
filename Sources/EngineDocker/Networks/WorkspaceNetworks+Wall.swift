import CarrelCore
import EngineHost
import Glibc

/// How workspaces' networks are kept apart from this machine and from each other.
extension WorkspaceNetworks {
    /// Throws with a sentence if no network could be made here. Returns what an operator should know.
    /// `known`: workspaces that have a record on this machine.
    func prepare(known: Set<WorkspaceID>) async throws -> [EngineFinding] {
        let everybody = try await listed(filter: "{}")
        adopt(everybody)
        adoptAhead(everybody, known: try await known.union(contained()))
        if let reason = obstacle { return findings(closed: reason) + overlaps(everybody) }
        if !sees(everybody), try await !trySeeing() {
            return findings(closed: Self.elsewhere) + overlaps(everybody)
        }
        let wall = ContainerWall(firewall)
        do { try await wall.hold(walls, blocks: blocks) } catch {
            return findings(closed: "no firewall rule could be set (\(error))") + overlaps(everybody)
        }
        self.wall = wall
        return findings(closed: nil) + overlaps(everybody)
    }

    /// What `prepare` would find, told without making a rule.
    func surveyed() async throws -> [EngineFinding] {
        let everybody = try await listed(filter: "{}")
        var reason = obstacle
        if reason == nil {
            let (firewall, walls, blocks) = (firewall, walls, blocks)
            let failure = try await blocking { ContainerWall.trial(firewall, walls, blocks: blocks) }
            reason = failure.map { "no firewall rule could be set (\($0))" }
        }
        return findings(closed: reason) + overlaps(everybody)
    }

    /// Takes back what `prepare` did.
    func dismantle() async throws {
        await removeAllAhead()
        await wall?.remove()
        wall = nil
    }

    /// Puts the rules in force where somebody took them away. Throws with a sentence if that can't be done: nothing may be
    /// started then.
    func keepApart() async throws {
        guard let wall else { return }
        do {
            try await wall.hold(walls, blocks: blocks)
            trouble = nil
        } catch {
            trouble = EngineFinding(.error, "No workspace starts: no firewall rule can be set any more (\(error)).")
            throw CarrelError(
                .engineFailed,
                "The workspace could not be kept from this machine's own addresses, so it was not started.",
                detail: "\(error)"
            )
        }
    }

    /// What of an app's wish is kept: where it can't be kept exactly, nobody gets out.
    func granted(_ egress: Egress) -> Egress {
        if settings.networkDriver != Self.bridge { return egress == .internet ? .internet : .none }
        return wall == nil ? .none : egress
    }

    private var walls: [ContainerFirewall.Policy] {
        let lookup = lookup()
        return policies.all.map { .init(code: $0.code, egress: $0.egress, servers: lookup.allowed($0.egress)) }
    }

    private var blocks: [String] { [settings.subnets] + olderBlocks }

    /// Learns what the networks that are there already have taken.
    private func adopt(_ everybody: [NetworkDetails]) {
        for network in everybody {
            subnets.take(network.subnets)
            guard let bridge = network.bridge, let code = firewall.bridges.code(of: bridge) else { continue }
            if let label = network.labels?[EgressPolicies.label] { policies.adopt(code, label: label) }
            for subnet in network.subnets where !SubnetPool.overlap(subnet, settings.subnets) {
                if !olderBlocks.contains(subnet) { olderBlocks.append(subnet) }
            }
        }
        olderBlocks.sort()
        if settings.address.isThisMachine {
            // What the machine leads elsewhere is never given away.
            subnets.take(conflicts(everybody).map(\.block))
        }
    }

    private static let elsewhere =
        "the container engine's bridges are not on carrel's own network; where carrel runs in a container, give it the "
        + "machine's network (`network_mode: host`)"

    /// Why no rules can be set; nil: they perhaps can.
    private var obstacle: String? {
        guard settings.networkDriver == Self.bridge else { return "" }
        guard settings.address.isThisMachine else { return "carrel can set none on the engine's machine" }
        guard geteuid() == 0 else { return "only root can set firewall rules" }
        return nil
    }

    /// Whether a bridge of the engine's is on carrel's own network. False says nothing: there may be none.
    private func sees(_ everybody: [NetworkDetails]) -> Bool {
        everybody.contains { $0.bridge.map { if_nametoindex($0) != 0 } ?? false }
    }

    /// Makes a network and takes it away again. Others may have some of our block.
    private func trySeeing() async throws -> Bool {
        var tried: [String] = []
        defer { for subnet in tried { subnets.give(back: subnet) } }
        for _ in 0..<64 {
            guard let subnet = subnets.next() else { return false }
            tried.append(subnet)
            do { return try await trySeeing(subnet) } catch let fault as DockerFault where fault.isSubnetTaken {
                continue
            } catch let fault as DockerFault {
                throw fault.told("No network could be made on the container engine.")
            }
        }
        return false
    }

    private func trySeeing(_ subnet: String) async throws -> Bool {
        let bridge = firewall.bridges.prefix(code: EgressPolicies.nothing) + "-probe"
        let request = NetworkRequest(
            name: "carrel-probe-\(firewall.mark)",
            driver: Self.bridge,
            isInternal: true,
            labels: [:],
            options: [BridgeName.option: bridge],
            addresses: .init(config: [["Subnet": subnet]])
        )
        try? await client.delete("/networks/\(request.name)")
        try await post(request)
        let isSeen = if_nametoindex(bridge) != 0
        try await client.delete("/networks/\(request.name)")
        return isSeen
    }

    private func findings(closed reason: String?) -> [EngineFinding] {
        guard settings.networkDriver == Self.bridge else {
            return [
                EngineFinding(
                    .warning,
                    "The network driver “\(settings.networkDriver)” decides what workspaces reach: carrel keeps them "
                        + "neither from each other nor from this machine, and apps whose `egress` is a list of networks "
                        + "start without a way out."
                )
            ]
        }
        return reason.map { reason in
            [
                EngineFinding(
                    .warning,
                    "Apps start without a way out, whatever their `egress`, and workspaces may reach what listens on "
                        + "every address of the engine's machine: \(reason)."
                )
            ]
        } ?? []
    }

    /// Routes of this machine into our block, but for those of the engine itself, which never gives a block twice.
    private func conflicts(_ everybody: [NetworkDetails]) -> [HostRoutes.Route] {
        HostRoutes.current().overlapping(settings.subnets, except: Set(everybody.compactMap(\.bridge)))
    }

    private func overlaps(_ everybody: [NetworkDetails]) -> [EngineFinding] {
        guard settings.address.isThisMachine, settings.networkDriver == Self.bridge else { return [] }
        return conflicts(everybody).map { route in
            EngineFinding(
                .warning,
                "The networks of workspaces (`subnets`: \(settings.subnets)) overlap with \(route.block), which this "
                    + "machine reaches through \(route.interface): give the engine a block that nothing else uses."
            )
        }
    }
}
