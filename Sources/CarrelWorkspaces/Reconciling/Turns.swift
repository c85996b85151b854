import CarrelCore
import Synchronization

/// One thing at a time for one workspace, first come first served; and which workspaces were touched while
/// somebody looked at the engine.
final class Turns: Sendable {
    /// A moment in the order of turns.
    struct Mark: Hashable, Sendable { fileprivate let number: UInt64 }

    private struct State {
        var held: [WorkspaceID: [CheckedContinuation<Void, Never>]] = [:]
        var finished: [WorkspaceID: UInt64] = [:]
        var counter: UInt64 = 0
        var marks: Set<UInt64> = []
    }

    private let state = Mutex(State())

    /// Runs `body` when everybody before is done with this workspace.
    func turn<T: Sendable>(of id: WorkspaceID, _ body: @Sendable () async throws -> T) async rethrows -> T {
        await enter(id)
        defer { leave(id) }
        return try await body()
    }

    func mark() -> Mark {
        state.withLock { state in
            state.counter += 1
            state.marks.insert(state.counter)
            return Mark(number: state.counter)
        }
    }

    /// Those that had a turn after `mark` or have one now. The mark is used up.
    func touched(since mark: Mark) -> Set<WorkspaceID> {
        state.withLock { state in
            state.marks.remove(mark.number)
            let touched = state.finished.filter { $0.value > mark.number }.keys
            let result = Set(state.held.keys).union(touched)
            let oldest = state.marks.min() ?? UInt64.max
            state.finished = state.finished.filter { $0.value > oldest }
            return result
        }
    }

    private func enter(_ id: WorkspaceID) async {
        await withCheckedContinuation { (turn: CheckedContinuation<Void, Never>) in
            let isFree = state.withLock { state in
                if state.held[id] == nil {
                    state.held[id] = []
                    return true
                }
                state.held[id]?.append(turn)
                return false
            }
            if isFree { turn.resume() }
        }
    }

    private func leave(_ id: WorkspaceID) {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.counter += 1
            if !state.marks.isEmpty { state.finished[id] = state.counter }
            guard var waiting = state.held[id], !waiting.isEmpty else {
                state.held[id] = nil
                return nil
            }
            let next = waiting.removeFirst()
            state.held[id] = waiting
            return next
        }
        next?.resume()
    }
}
