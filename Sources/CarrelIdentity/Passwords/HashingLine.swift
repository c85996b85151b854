import CarrelCore
import Synchronization

/// Bounds how many passwords are hashed at once (each takes 32 MiB and a core), and how many may wait for it.
/// First come, first served.
final class HashingLine: Sendable {
    private struct State {
        var working = 0
        var next = 0
        var waiting: [(id: Int, turn: CheckedContinuation<Void, any Error>)] = []
        /// Cancelled before they could line up.
        var cancelled: Set<Int> = []
    }

    let places: Int
    let longest: Int
    private let state = Mutex(State())

    /// `places` work at once, `longest` wait; further ones are turned away.
    init(places: Int, longest: Int) {
        self.places = places
        self.longest = longest
    }

    var waiting: Int { state.withLock { $0.waiting.count } }

    /// Returns when it is the caller's turn; then `leave` must follow. Throws `tooManyRequests` if the line is full,
    /// `CancellationError` if the task is cancelled while it waits.
    func enter() async throws {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        // A cancellation that came after the answer leaves its mark behind.
        defer { state.withLock { _ = $0.cancelled.remove(id) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (turn: CheckedContinuation<Void, any Error>) in
                let answer: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
                    if state.working < places {
                        state.working += 1
                        return .success(())
                    }
                    guard state.waiting.count < longest else {
                        return .failure(
                            CarrelError(
                                .tooManyRequests,
                                "Too many people are signing in just now. Try again in a few seconds."
                            )
                        )
                    }
                    state.waiting.append((id, turn))
                    return nil
                }
                if let answer { turn.resume(with: answer) }
            }
        } onCancel: {
            let turn = state.withLock { state -> CheckedContinuation<Void, any Error>? in
                guard let index = state.waiting.firstIndex(where: { $0.id == id }) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return state.waiting.remove(at: index).turn
            }
            turn?.resume(throwing: CancellationError())
        }
    }

    func leave() {
        let turn = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst().turn }
            state.working -= 1
            return nil
        }
        turn?.resume()
    }
}
