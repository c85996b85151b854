import CarrelCore
import Synchronization

/// What this process, once it handed over, asks the one that serves.
final class SuccessorLink: Sendable {
    private struct State {
        var send: AsyncStream<LinkMessage>.Continuation?
        var waiting: [WorkspaceID: [CheckedContinuation<Bool, Never>]] = [:]
    }

    private let state = Mutex(State())

    func connected(_ send: AsyncStream<LinkMessage>.Continuation) { state.withLock { $0.send = send } }

    /// Whoever still waits hears that nothing came of it.
    func disconnected() {
        let waiting = state.withLock { state in
            state.send = nil
            defer { state.waiting = [:] }
            return state.waiting.values.flatMap(\.self)
        }
        for continuation in waiting { continuation.resume(returning: false) }
    }

    /// True once the paused workspace's route is published again as not paused. False if nobody could be asked.
    func resume(_ workspace: WorkspaceID) async -> Bool {
        await withCheckedContinuation { continuation in
            let isAsked = state.withLock { state in
                guard let send = state.send else { return false }
                state.waiting[workspace, default: []].append(continuation)
                var message = LinkMessage()
                message.resume = workspace
                send.yield(message)
                return true
            }
            if !isAsked { continuation.resume(returning: false) }
        }
    }

    func resumed(_ answer: LinkMessage.Resumed) {
        let waiting = state.withLock { $0.waiting.removeValue(forKey: answer.workspace) ?? [] }
        for continuation in waiting { continuation.resume(returning: answer.success) }
    }
}
