import CarrelCore
import EngineHost

/// Networks that are made before anybody asks for a workspace: making one takes the engine as long as a third of a start.
///
/// Each is made for the id of a workspace that does not exist yet. A claim that has to start a workspace is given that id, so
/// everything that is keyed by workspace (names, labels, firewall, end, what a crash leaves) holds for it as for any other.
struct NetworksAhead: Sendable {
    static let label = "org.carrel.ahead"
    /// Of each policy.
    static let count = 2

    /// Those that nobody has, by what their label says of the way out.
    var ready: [String: [WorkspaceID]] = [:]
    /// Being made, or given to a claim whose workspace was not started yet.
    var busy: Set<WorkspaceID> = []

    func has(_ workspace: WorkspaceID) -> Bool {
        busy.contains(workspace) || ready.values.contains { $0.contains(workspace) }
    }

    mutating func forget(_ workspace: WorkspaceID) {
        busy.remove(workspace)
        for (policy, list) in ready where list.contains(workspace) { ready[policy] = list.filter { $0 != workspace } }
    }
}

extension WorkspaceNetworks {
    /// Makes what is missing for these apps, and removes what is there for others. What goes wrong is thrown, and tried again
    /// with the next call.
    func makeAhead(for apps: [App]) async throws {
        guard settings.networkDriver == Self.bridge else { return }
        let wanted = Dictionary(apps.map { (EgressPolicies.text(granted($0.egress)), $0) }) { first, _ in first }
        for (policy, list) in ahead.ready {
            for id in list.dropFirst(wanted[policy] == nil ? 0 : NetworksAhead.count) { try await removeAhead(id) }
        }
        for (policy, app) in wanted {
            while ahead.ready[policy, default: []].count < NetworksAhead.count {
                var random = SystemRandomNumberGenerator()
                let id = WorkspaceID(from: &random)
                // The listing must not take it for what a crash left.
                ahead.busy.insert(id)
                defer { ahead.busy.remove(id) }
                _ = try await make(id, app: app.id, egress: app.egress, isAhead: true)
                ahead.ready[policy, default: []].append(id)
            }
        }
    }

    /// From now on nobody else gets it.
    func takeAhead(_ egress: Egress) -> WorkspaceID? {
        let policy = EgressPolicies.text(granted(egress))
        guard let id = ahead.ready[policy]?.popLast() else { return nil }
        ahead.busy.insert(id)
        return id
    }

    func returnAhead(_ id: WorkspaceID, _ egress: Egress) {
        guard ahead.busy.remove(id) != nil else { return }
        ahead.ready[EgressPolicies.text(granted(egress)), default: []].append(id)
    }

    /// It is a workspace's like any other, or nobody's: then the next listing has it.
    func forgetAhead(_ id: WorkspaceID) { ahead.forget(id) }

    func isAhead(_ id: WorkspaceID) -> Bool { ahead.has(id) }

    /// Takes up those of an earlier carrel that no workspace has: not one of `known`.
    func adoptAhead(_ everybody: [NetworkDetails], known: Set<WorkspaceID>) {
        for network in everybody where network.labels?[ContainerLabels.deployment] == deployment {
            guard network.labels?[NetworksAhead.label] != nil, let policy = network.labels?[EgressPolicies.label],
                let id = network.labels?[ContainerLabels.workspace].flatMap({ WorkspaceID($0) }), !known.contains(id)
            else { continue }
            ahead.ready[policy, default: []].append(id)
        }
    }

    func removeAllAhead() async {
        for id in ahead.ready.values.joined() { try? await removeAhead(id) }
    }

    private func removeAhead(_ id: WorkspaceID) async throws {
        // Somebody may have got it by now; nobody may get it from now on.
        guard ahead.has(id), !ahead.busy.contains(id) else { return }
        ahead.forget(id)
        ahead.busy.insert(id)
        defer { ahead.busy.remove(id) }
        try await remove(id)
    }
}
