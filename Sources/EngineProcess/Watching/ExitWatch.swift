import CLinux
import CarrelCore
@preconcurrency import Dispatch
import Glibc
import Synchronization

/// Tells whoever listens as soon as a keeper ends, by its pidfd (pidfd_open(2)): no polling, and it need not be our
/// child.
///
/// All pidfds are in one epoll(7), which is one event source: with one for each, ten thousand keepers took 7 MB.
final class ExitWatch: Sendable {
    private struct Watched {
        let file: Int32
        /// Never used twice, as descriptors are.
        let number: UInt64
    }

    private struct State {
        var watched: [WorkspaceID: Watched] = [:]
        var numbers: UInt64 = 0
        var listeners: [Int: AsyncStream<WorkspaceID>.Continuation] = [:]
        var next = 0
    }

    private let state = Mutex(State())
    private let epoll: Int32
    private let source: any DispatchSourceRead
    /// At a time; the rest is told at once after them.
    private static let most = 64

    init() {
        epoll = clinux_watch_open()
        let queue = DispatchQueue(label: "carrel.engine.process.exits")
        source = DispatchSource.makeReadSource(fileDescriptor: epoll, queue: queue)
        source.setEventHandler { [weak self] in self?.look() }
        source.setCancelHandler { [epoll] in close(epoll) }
        source.resume()
    }

    func watch(_ workspace: WorkspaceID, pid: Int32) {
        forget(workspace)
        let file = clinux_pidfd_open(pid)
        guard file >= 0 else { return announce(workspace) }
        let isWatched = state.withLock { state in
            state.numbers += 1
            guard clinux_watch_add(epoll, file, state.numbers) == 0 else { return false }
            state.watched[workspace] = Watched(file: file, number: state.numbers)
            return true
        }
        if !isWatched {
            close(file)
            announce(workspace)
        }
    }

    func forget(_ workspace: WorkspaceID) {
        state.withLock { state in
            if let watched = state.watched.removeValue(forKey: workspace) { end(watched) }
        }
    }

    /// Taken out by name, for a process that was just started may still have the descriptor open.
    private func end(_ watched: Watched) {
        clinux_watch_remove(epoll, watched.file)
        close(watched.file)
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

    /// Something ended. It is rare, so whose it was is looked for.
    private func look() {
        var ready = [UInt64](repeating: 0, count: Self.most)
        let count = Int(clinux_watch_ready(epoll, &ready, Int32(Self.most)))
        guard count > 0 else { return }
        let numbers = Set(ready.prefix(count))
        let ended = state.withLock { state in
            let ended = state.watched.filter { numbers.contains($0.value.number) }
            for (workspace, watched) in ended {
                state.watched[workspace] = nil
                end(watched)
            }
            return ended.keys
        }
        for workspace in ended { announce(workspace) }
    }

    deinit {
        source.cancel()
        let last = state.withLock { $0 }
        for watched in last.watched.values { close(watched.file) }
        for listener in last.listeners.values { listener.finish() }
    }
}
