public import CarrelCore
import HTTPTypes
import Synchronization

/// Every request passes it on its way into the hub, so that the hub can be stopped between two requests and handed to
/// another process: who comes meanwhile waits, and goes on here or is sent there.
public final class HubGate: Sendable {
    private enum Phase { case open, closed, handedOver }

    private struct State {
        var phase = Phase.open
        var inside = 0
        /// Opens at the next change of `phase`.
        var change = Latch()
    }

    private let state = Mutex(State())
    /// Opens when there is no way back: event streams end, and their readers come again, to the other process.
    public let handedOver = Latch()

    public init() {}

    /// Waits while it is closed. False: another process has the hub now. Each true is answered by one `leave`.
    public func enter() async -> Bool {
        while true {
            let wait: Latch
            switch step() {
            case .in: return true
            case .away: return false
            case .wait(let latch): wait = latch
            }
            // Who gave up waiting is answered as if the hub had gone: nothing was done.
            guard (try? await wait.wait()) != nil else { return false }
        }
    }

    public func leave() { state.withLock { $0.inside -= 1 } }

    /// Lets nobody in; returns once nobody is inside, or after `patience`: whether it is empty.
    public func close(patience: Duration) async -> Bool {
        change(to: .closed)
        let deadline = ContinuousClock.now + patience
        while state.withLock({ $0.inside }) > 0 {
            guard ContinuousClock.now < deadline, !Task.isCancelled else { return false }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return true
    }

    public func open() { change(to: .open) }

    public func handOver() {
        change(to: .handedOver)
        handedOver.open()
    }

    private enum Step { case `in`, away, wait(Latch) }

    private func step() -> Step {
        state.withLock { state in
            switch state.phase {
            case .open:
                state.inside += 1
                return .in
            case .closed: return .wait(state.change)
            case .handedOver: return .away
            }
        }
    }

    private func change(to phase: Phase) {
        let change = state.withLock { state in
            guard state.phase != .handedOver else { return Latch() }
            state.phase = phase
            defer { state.change = Latch() }
            return state.change
        }
        change.open()
    }
}

extension Refusal {
    /// 421 (RFC 9110, section 15.5.20): nothing was done, and the same request over a new connection is answered.
    static let handedOver = Refusal(
        .misdirectedRequest,
        "handed-over",
        "Another process answers here now: ask again over a new connection."
    )
}
