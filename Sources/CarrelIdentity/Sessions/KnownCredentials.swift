import CarrelCore
import Synchronization

/// What has to be known beside a cookie's signature, in memory: who and what is not to be let in any more, and which
/// tokens live. An immutable value behind a lock that is held for a copy of three references.
final class KnownCredentials: Sendable {
    struct Snapshot: Hashable, Sendable {
        var revoked: Set<SessionID> = []
        var disabled: Set<UserID> = []
        var members: [UserID: User] = [:]
        /// What another process, which knows the rules, says of `Principal.closedApps`. Nil: this one knows them.
        var closed: [UserID: Set<AppID>]?
        /// By digest; without revoked ones.
        var tokens: [String: APIToken] = [:]
    }

    private struct State {
        /// Nil until it was loaded once: till then nobody is let in.
        var snapshot: Snapshot?
        /// Loads are numbered as they begin. One that began before what is installed may have missed it.
        var begun = 0
        var installed = 0
        var observers: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    var snapshot: Snapshot? { state.withLock { $0.snapshot } }

    func observe(_ observer: @escaping @Sendable () -> Void) { state.withLock { $0.observers.append(observer) } }

    /// Before reading the store: the number to install under.
    func beginLoad() -> Int {
        state.withLock { state in
            state.begun += 1
            return state.begun
        }
    }

    /// False: something newer is in place already, and what was read may lack it. Load again.
    func install(_ snapshot: Snapshot, load: Int) -> Bool {
        let observers: [@Sendable () -> Void]? = state.withLock { state in
            guard load > state.installed else { return nil }
            state.installed = load
            guard state.snapshot != snapshot else { return [] }
            state.snapshot = snapshot
            return state.observers
        }
        observers?.forEach { $0() }
        return observers != nil
    }

    /// Puts a change that the store already has into effect at once. Loads that have begun are done again.
    /// `quietly`: it takes nothing from anybody, so nothing has to be forgotten.
    func patch(quietly: Bool = false, _ change: (inout Snapshot) -> Void) {
        let observers: [@Sendable () -> Void] = state.withLock { state in
            state.begun += 1
            state.installed = state.begun
            guard var snapshot = state.snapshot else { return [] }
            // Copying what many refer to, and comparing it, would cost more than the change.
            if quietly {
                state.snapshot = nil
                change(&snapshot)
                state.snapshot = snapshot
                return []
            }
            change(&snapshot)
            guard snapshot != state.snapshot else { return [] }
            state.snapshot = snapshot
            return state.observers
        }
        observers.forEach { $0() }
    }

    /// Tells the observers although nothing here changed.
    func announce() { state.withLock { $0.observers }.forEach { $0() } }
}
