import CarrelCore
import CarrelWeb
import CarrelWorkspaces
import Synchronization

/// The gateway's way to ask for a paused workspace: it exists before the workspaces do, because they publish to it.
final class Resumer: Sendable {
    private let workspaces = Mutex<Workspaces?>(nil)
    private let gate: HubGate
    private let successor: SuccessorLink

    init(gate: HubGate, successor: SuccessorLink) {
        self.gate = gate
        self.successor = successor
    }

    func connect(to workspaces: Workspaces) { self.workspaces.withLock { $0 = workspaces } }

    /// True once its route is published again as not paused.
    func resume(_ workspace: WorkspaceID) async -> Bool {
        guard await gate.enter() else { return await successor.resume(workspace) }
        defer { gate.leave() }
        guard let workspaces = workspaces.withLock({ $0 }) else { return false }
        return (try? await workspaces.resume(workspace, by: .hub))?.phase == .ready
    }
}
