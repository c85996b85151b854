import Synchronization

/// Passes values from some tasks to one other, one at a time: who puts waits until it was taken, so that a slow reader slows
/// down the writers.
public final class Handoff<Value: Sendable>: Sendable {
    private struct State {
        var waiting: [(value: Value, continuation: CheckedContinuation<Void, Never>)] = []
        var taking: CheckedContinuation<Value?, Never>?
        var isOver = false
    }

    private let state = Mutex(State())

    public init() {}

    /// Returns when it was taken, or at once if nobody takes any more.
    public func put(_ value: Value) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let (isDone, taking) = state.withLock { state -> (Bool, CheckedContinuation<Value?, Never>?) in
                if state.isOver { return (true, nil) }
                if let taking = state.taking.take() { return (true, taking) }
                state.waiting.append((value, continuation))
                return (false, nil)
            }
            taking?.resume(returning: value)
            if isDone { continuation.resume() }
        }
    }

    /// Nil when there is nothing more. For one task at a time.
    public func take() async -> Value? {
        await withCheckedContinuation { (continuation: CheckedContinuation<Value?, Never>) in
            let (isDone, first) = state.withLock { state in
                if state.isOver {
                    return (true, nil as (value: Value, continuation: CheckedContinuation<Void, Never>)?)
                }
                if !state.waiting.isEmpty { return (true, state.waiting.removeFirst()) }
                state.taking = continuation
                return (false, nil)
            }
            first?.continuation.resume()
            if isDone { continuation.resume(returning: first?.value) }
        }
    }

    /// Nobody puts or takes any more; what waits is dropped.
    public func finish() {
        let (waiting, taking) = state.withLock { state in
            state.isOver = true
            defer { state.waiting = [] }
            return (state.waiting, state.taking.take())
        }
        for (_, continuation) in waiting { continuation.resume() }
        taking?.resume(returning: nil)
    }
}
