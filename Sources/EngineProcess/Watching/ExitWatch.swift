import CLinux
import CarrelCore
@preconcurrency import Dispatch
import Glibc
import Synchronization

/// Tells whoever listens as soon as a keeper ends, by its pidfd (pidfd_open(2)): no polling, and it need not be our
/// child.
final class ExitWatch: Sendable {
    private struct State {
        var sources: [WorkspaceID: any DispatchSourceRead] = [:]
        var listeners: [Int: AsyncStream<WorkspaceID>.Continuation] = [:]
        var next = 0
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "carrel.engine.process.exits")

    func watch(_ workspace: WorkspaceID, pid: Int32) {
        let file = clinux_pidfd_open(pid)
        guard file >= 0 else { return announce(workspace) }
        let source = DispatchSource.makeReadSource(fileDescriptor: file, queue: queue)
        source.setEventHandler { [weak self] in
            self?.forget(workspace)
            self?.announce(workspace)
        }
        source.setCancelHandler { close(file) }
        let former = state.withLock { state in
            let former = state.sources[workspace]
            state.sources[workspace] = source
            return former
        }
        former?.cancel()
        source.resume()
    }

    func forget(_ workspace: WorkspaceID) {
        state.withLock { $0.sources.removeValue(forKey: workspace) }?.cancel()
    }

    func announce(_ workspace: WorkspaceID) {
        for listener in state.withLock({ Array($0.listeners.values) }) { listener.yield(workspace) }
    }

    func events() -> AsyncStream<WorkspaceID> {
        let (stream, continuation) = AsyncStream.makeStream(of: WorkspaceID.self)
        let number = state.withLock { state in
            state.next += 1
            state.listeners[state.next] = continuation
            return state.next
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.listeners.removeValue(forKey: number) }
        }
        return stream
    }

    deinit {
        let last = state.withLock { $0 }
        for source in last.sources.values { source.cancel() }
        for listener in last.listeners.values { listener.finish() }
    }
}
