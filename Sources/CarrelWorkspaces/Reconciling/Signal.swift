import CarrelCore
import Synchronization

/// Wakes one waiter. Set before anyone waits, it is remembered once.
final class Signal: Sendable {
    private struct State {
        var isSet = false
        var waiter: CheckedContinuation<Bool, Never>?
    }

    private let state = Mutex(State())

    func set() {
        let waiter = state.withLock { state in
            let waiter = state.waiter.take()
            state.isSet = waiter == nil
            return waiter
        }
        waiter?.resume(returning: true)
    }

    /// Returns when it is set, at `deadline` at the latest, or when the task is cancelled.
    func wait(until deadline: Timestamp, on clock: any WallClock) async {
        _ = await Self.wait(for: [self], until: deadline, on: clock)
    }

    /// Returns when one of them is set, at `deadline` at the latest, or when the task is cancelled; and which were set.
    static func wait(for signals: [Signal], until deadline: Timestamp, on clock: any WallClock) async -> Set<Int> {
        await withTaskGroup(of: Int?.self) { group in
            for (index, signal) in signals.enumerated() {
                group.addTask { await signal.wait() ? index : nil }
            }
            // Only cancellation ends the sleep early, and then nobody is interested.
            group.addTask {
                try? await clock.sleep(until: deadline)
                return nil
            }
            var set: Set<Int> = []
            if case .some(.some(let first)) = await group.next() { set.insert(first) }
            group.cancelAll()
            // One that was set at the same moment has woken nobody else.
            for await other in group { if let other { set.insert(other) } }
            return set
        }
    }

    /// Whether it was set: false when the task was cancelled.
    private func wait() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                let answer = state.withLock { state -> Bool? in
                    if state.isSet {
                        state.isSet = false
                        return true
                    }
                    if Task.isCancelled { return false }
                    state.waiter = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            state.withLock { $0.waiter.take() }?.resume(returning: false)
        }
    }
}
