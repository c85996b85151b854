import CarrelCore
import Synchronization

/// Work that goes on until it is cancelled, and that can be interrupted and begun anew in between.
final class Interruptible: Sendable {
    private struct State {
        var isWanted = true
        var task: Task<Void, any Error>?
        /// Opens when it is wanted again.
        var resumed = Latch()
    }

    private let state = Mutex(State())

    /// Runs `work`, and again after each interruption, until it ends by itself or the task is cancelled.
    func run(_ work: @escaping @Sendable () async throws -> Void) async throws {
        while !Task.isCancelled {
            let resumed: Latch
            switch begin(work) {
            case .wait(let latch): resumed = latch
            case .work(let task):
                let result = await withTaskCancellationHandler {
                    await task.result
                } onCancel: {
                    task.cancel()
                }
                guard state.withLock({ !$0.isWanted }) else { return try result.get() }
                continue
            }
            try await resumed.wait()
        }
    }

    /// Returns when the work has ended.
    func interrupt() async {
        let task = state.withLock { state in
            state.isWanted = false
            return state.task
        }
        task?.cancel()
        _ = await task?.result
    }

    func resume() {
        let resumed = state.withLock { state in
            state.isWanted = true
            defer { state.resumed = Latch() }
            return state.resumed
        }
        resumed.open()
    }

    private enum Step {
        case work(Task<Void, any Error>)
        case wait(Latch)
    }

    private func begin(_ work: @escaping @Sendable () async throws -> Void) -> Step {
        state.withLock { state in
            guard state.isWanted else { return .wait(state.resumed) }
            // Unstructured, for whoever interrupts it is not its parent; `run` awaits it.
            let task = Task { try await work() }
            state.task = task
            return .work(task)
        }
    }
}
