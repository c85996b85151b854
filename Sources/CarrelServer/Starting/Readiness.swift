import CarrelCore
import CarrelWorkspaces

/// Whether everything that a claim needs works.
enum Readiness {
    /// Nil if so, else a sentence for `/readyz`.
    static func sentence(
        store: any Store,
        state: StateDirectory,
        workspaces: Workspaces,
        gatewayListens: Latch
    ) async -> String? {
        guard gatewayListens.isOpen else { return "The gateway does not listen yet." }
        guard workspaces.hasReadyEngine else { return "No engine is ready: `/api/v1/engines` and the log say why." }
        do {
            _ = try await store.queuePosition(Self.nobody)
            return state.isFull ? "The disk that holds the state directory is full." : nil
        } catch {
            return "The store does not answer."
        }
    }

    private static let nobody: WorkspaceID = {
        var random = SystemRandomNumberGenerator()
        return WorkspaceID(from: &random)
    }()
}
