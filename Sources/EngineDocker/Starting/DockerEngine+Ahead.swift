public import CarrelCore
import Logging

extension DockerEngine: InstancesAhead {
    public func makeAhead(for apps: [App]) async {
        do {
            try await networks.makeAhead(for: apps)
            aheadTrouble = nil
        } catch is CancellationError {
            return
        } catch {
            // Once, not every few seconds: starts make their networks themselves then.
            let trouble = "\(error)"
            guard aheadTrouble != trouble else { return }
            aheadTrouble = trouble
            logger.warning("engine \(name): no network can be made ahead: \(trouble)")
        }
    }

    public func takeAhead(for app: App) async -> WorkspaceID? { await networks.takeAhead(app.egress) }

    public func returnAhead(_ workspace: WorkspaceID, of app: App) async {
        await networks.returnAhead(workspace, app.egress)
    }

    public func forgetAhead(_ workspace: WorkspaceID) async { await networks.forgetAhead(workspace) }
}
