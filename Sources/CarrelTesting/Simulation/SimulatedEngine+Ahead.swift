public import CarrelCore
import Synchronization

extension SimulatedEngine: InstancesAhead {
    public func makeAhead(for apps: [App]) async {
        world.state.withLock { state in
            while state.ahead.count < state.behaviour.ahead { state.ahead.append(WorkspaceID(from: &state.random)) }
        }
    }

    public func takeAhead(for app: App) async -> WorkspaceID? { world.state.withLock { $0.ahead.popLast() } }

    public func returnAhead(_ workspace: WorkspaceID, of app: App) async {
        world.state.withLock { $0.ahead.append(workspace) }
    }

    public func forgetAhead(_ workspace: WorkspaceID) async {
        world.state.withLock { _ = $0.forgotten.insert(workspace) }
    }

    /// What nobody has of what was made ahead.
    public var ahead: [WorkspaceID] { world.state.withLock { $0.ahead } }

    /// What was made for these was given up.
    public var forgotten: Set<WorkspaceID> { world.state.withLock { $0.forgotten } }
}
