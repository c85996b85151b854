import CarrelCore
import Synchronization

/// Who watches which workspace, and what they were told last.
final class Progress: Sendable {
    private struct Watcher {
        let stream: AsyncStream<WorkspaceEvent>.Continuation
        var last: WorkspaceEvent?
    }

    private struct State {
        var watchers: [WorkspaceID: [Int: Watcher]] = [:]
        var next = 0
        /// What is fetched for them, before they can be started.
        var preparing: [WorkspaceID: String] = [:]
    }

    private let state = Mutex(State())
    private let rules: RulesInForce

    init(_ rules: RulesInForce) { self.rules = rules }

    /// The ids that somebody watches now.
    var watched: [WorkspaceID] { state.withLock { $0.watchers.keys.sorted() } }

    /// Ends after an event in phase `ended`. A slow reader finds the latest event only.
    func watch(_ id: WorkspaceID) -> AsyncStream<WorkspaceEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: WorkspaceEvent.self,
            bufferingPolicy: .bufferingNewest(1)
        )
        let number = state.withLock { state in
            state.next += 1
            state.watchers[id, default: [:]][state.next] = Watcher(stream: continuation)
            return state.next
        }
        continuation.onTermination = { [weak self] _ in self?.leave(id, number) }
        return stream
    }

    /// From now on this is what happens to one that starts, until there is nothing more to say of it. Returns whether
    /// somebody watches.
    func note(_ preparation: Preparation) -> Bool {
        state.withLock { state in
            state.preparing[preparation.workspace] = preparation.message
            return state.watchers[preparation.workspace] != nil
        }
    }

    /// Tells those who watch it; what they know already is not repeated.
    func announce(_ workspace: Workspace, position: Int? = nil) {
        guard state.withLock({ $0.watchers[workspace.id] != nil }) else { return }
        let event = event(workspace, position: position)
        let streams = state.withLock { state -> [AsyncStream<WorkspaceEvent>.Continuation] in
            var told: [AsyncStream<WorkspaceEvent>.Continuation] = []
            for (number, watcher) in state.watchers[workspace.id] ?? [:] where watcher.last != event {
                // Two tasks may announce in the wrong order: nothing is told after the end.
                guard watcher.last?.workspace.phase != .ended else { continue }
                state.watchers[workspace.id]?[number]?.last = event
                told.append(watcher.stream)
            }
            return told
        }
        for stream in streams {
            stream.yield(event)
            if workspace.phase == .ended { stream.finish() }
        }
    }

    func event(_ workspace: Workspace, position: Int?) -> WorkspaceEvent {
        let preparing = state.withLock { $0.preparing[workspace.id] }
        return WorkspaceEvent(
            workspace: workspace,
            queuePosition: position,
            message: ProgressSentence.of(
                workspace,
                app: rules.now.known(workspace).app,
                position: position,
                preparing: preparing
            )
        )
    }

    private func leave(_ id: WorkspaceID, _ number: Int) {
        state.withLock { state in
            state.watchers[id]?[number] = nil
            if state.watchers[id]?.isEmpty == true { state.watchers[id] = nil }
        }
    }
}
