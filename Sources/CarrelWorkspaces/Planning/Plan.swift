import CarrelCore

/// What one pass decided, and when there will be something to decide again if nothing happens before.
struct Plan: Sendable {
    var actions: [Action] = []
    /// Nil: only an event or a claim can give it something to do.
    var wakeAt: Timestamp?
    /// Since when the engine does not list them, for the next pass.
    var missing: [WorkspaceID: Timestamp] = [:]
    /// Why each open workspace lives, as of now.
    var standing: [WorkspaceID: IdleVerdict] = [:]

    /// Looks again no later than at `moment`.
    mutating func wake(at moment: Timestamp) {
        wakeAt = min(moment, wakeAt ?? moment)
    }
}

/// One thing to do. Each is safe to repeat, and looks at its workspace again before it acts.
enum Action: Hashable, Sendable {
    /// Add a spare to the store, then start it.
    case addSpare(AppID)
    /// A queued one has room.
    case admit(WorkspaceID, definition: String)
    /// Tell the engine, then wait until the app answers.
    case start(WorkspaceID)
    /// It runs; wait until the app answers.
    case awaitReady(Instance)
    case handOver(WorkspaceID)
    /// It answers elsewhere now.
    case readdress(Instance)
    case publish(WorkspaceID)
    case withdraw(WorkspaceID)
    case takeDown(WorkspaceID, Ending)
    /// The engine has something that the store does not want.
    case destroyStray(WorkspaceID)
    case pause(WorkspaceID, because: String)
    /// The store says paused, the engine doesn't; or the other way round.
    case freeze(WorkspaceID)
    case thaw(WorkspaceID)
    case askBusy(WorkspaceID)
}

/// How a workspace is to end.
enum Ending: Hashable, Sendable {
    case idle(because: String)
    case lifetime(Duration)
    /// A spare that nobody gets any more: outdated, too old, too many.
    case replaced(because: String)
    case lost(missingFor: Duration)
    case exited(code: Int32?, because: String?)
    case neverReady(within: Duration)
    case failed(String)
    /// Already on its way out, for the reason that the store knows.
    case goOn
}
