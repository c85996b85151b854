import CarrelCore
import Synchronization

/// Claims on their way: how each was met, and traces that wait for their first byte.
final class TraceBook: Sendable {
    struct Begun: Sendable {
        var source: ClaimTrace.Source
        /// Milliseconds.
        var commit: Double
    }

    private struct State {
        var begun: [WorkspaceID: Begun] = [:]
        var starts: [WorkspaceID: StartTrace] = [:]
        var finished: [WorkspaceID: ClaimTrace] = [:]
    }

    private let state = Mutex(State())

    func begin(_ id: WorkspaceID, _ source: ClaimTrace.Source, commit: Double) {
        state.withLock { $0.begun[id] = Begun(source: source, commit: commit) }
    }

    /// Nil when the claim was made before this start of carrel.
    func begun(_ id: WorkspaceID) -> Begun? { state.withLock { $0.begun[id] } }

    /// The engine was told to start it for the claim, and did.
    func started(_ id: WorkspaceID, _ start: StartTrace) { state.withLock { $0.starts[id] = start } }

    func answered(_ id: WorkspaceID, after took: Double) { state.withLock { $0.starts[id]?.answer = took } }

    /// Nil where no claim waited for it.
    func start(of id: WorkspaceID) -> StartTrace? { state.withLock { $0.starts[id] } }

    /// Complete but for the first byte, which the gateway will have counted by a later pass.
    func finish(_ id: WorkspaceID, _ trace: ClaimTrace) {
        state.withLock {
            $0.begun[id] = nil
            $0.starts[id] = nil
            $0.finished[id] = trace
        }
    }

    var awaitingFirstByte: [WorkspaceID: ClaimTrace] { state.withLock { $0.finished } }

    func forget(_ id: WorkspaceID) {
        state.withLock {
            $0.begun[id] = nil
            $0.starts[id] = nil
            $0.finished[id] = nil
        }
    }
}

extension Duration {
    /// With fractions.
    var fractionalMilliseconds: Double { inSeconds * 1000 }
}
