import CarrelCore
import Synchronization

/// What is said of the workspaces that wait for an image, to everybody who listens.
final class PreparationBoard: Sendable {
    private struct State {
        var messages: [WorkspaceID: String] = [:]
        var listeners: [Int: AsyncStream<Preparation>.Continuation] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    /// What is so now, and then each change.
    func listen() -> AsyncStream<Preparation> {
        let (stream, continuation) = AsyncStream.makeStream(of: Preparation.self)
        let (number, now) = state.withLock { state in
            state.next += 1
            state.listeners[state.next] = continuation
            return (state.next, state.messages)
        }
        for (workspace, message) in now { continuation.yield(Preparation(workspace: workspace, message: message)) }
        continuation.onTermination = { [weak self] _ in self?.leave(number) }
        return stream
    }

    func say(_ message: String?, of workspace: WorkspaceID) {
        let listeners = state.withLock { state -> [AsyncStream<Preparation>.Continuation] in
            guard state.messages[workspace] != message else { return [] }
            state.messages[workspace] = message
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.yield(Preparation(workspace: workspace, message: message)) }
    }

    private func leave(_ number: Int) { state.withLock { state in state.listeners[number] = nil } }
}
