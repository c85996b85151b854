import Synchronization

/// Connections open per client address, over all event loops. Its lock is taken when a connection opens and closes,
/// never for a request.
final class ConnectionCounter: Sendable {
    private struct State {
        var limit: Int
        var open: [String: Int] = [:]
    }

    private let state: Mutex<State>

    init(limit: Int) { state = Mutex(State(limit: limit)) }

    func setLimit(_ limit: Int) { state.withLock { $0.limit = limit } }

    /// False if that is one too many. Each call, whatever it returns, is answered by one `close`.
    func open(_ address: String) -> Bool {
        state.withLock { state in
            let count = state.open[address, default: 0] + 1
            state.open[address] = count
            return count <= state.limit
        }
    }

    func close(_ address: String) {
        state.withLock { state in
            guard let count = state.open[address] else { return }
            state.open[address] = count > 1 ? count - 1 : nil
        }
    }
}
