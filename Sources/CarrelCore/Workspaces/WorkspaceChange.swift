/// What can happen to a workspace after it exists. The store applies it to the row inside one transaction.
public enum WorkspaceChange: Hashable, Sendable {
    /// A queued one has room now; it will be started from this definition.
    case admitted(definition: String)
    /// The engine was told.
    case started
    case ready(Endpoint, extra: [String: Endpoint])
    /// The owner's home is attached (nil: the app has none) and the identity written.
    case handedOver(home: String?, ClaimTrace?)
    case paused
    case resumed
    case stopping(EndReason)
    /// With the last lines of its log. The reason is kept if it already has one.
    case ended(EndReason, log: String)
    case traced(ClaimTrace)
}

/// A change that the workspace's phase does not allow.
public struct ChangeRefused: Error, Hashable, Sendable, CustomStringConvertible {
    public let workspace: WorkspaceID
    public let phase: Phase
    public let change: String

    public var description: String { "workspace \(workspace) is \(phase.rawValue): \(change) does not apply" }
}

extension Workspace {
    /// The workspace after `change`, or `ChangeRefused` if its phase does not allow that. Applying the same change
    /// again gives the same workspace: a repeat after a crash does no harm.
    public func applying(_ change: WorkspaceChange, at now: Timestamp) throws(ChangeRefused) -> Workspace {
        var next = self
        switch (change, phase) {
        case (.admitted(let definition), .queued):
            next.phase = .starting
            next.definition = definition
        case (.admitted, .starting): break
        case (.started, .starting): next.startedAt = startedAt ?? now
        case (.ready(let endpoint, let extra), .starting), (.ready(let endpoint, let extra), .ready):
            next.phase = .ready
            next.endpoint = endpoint
            next.extraEndpoints = extra
            next.readyAt = readyAt ?? now
        case (.handedOver(let home, let trace), .ready) where owner != nil:
            next.home = home
            next.handedOverAt = handedOverAt ?? now
            next.lastActiveAt = lastActiveAt ?? now
            next.trace = trace ?? self.trace
        case (.paused, .ready), (.paused, .paused): next.phase = .paused
        case (.resumed, .paused), (.resumed, .ready):
            next.phase = .ready
            next.lastActiveAt = max(now, lastActiveAt ?? now)
        case (.stopping, .stopping): break
        case (.stopping(let reason), .starting), (.stopping(let reason), .ready), (.stopping(let reason), .paused):
            next.phase = .stopping
            next.reason = reason
        case (.stopping(let reason), .queued): next.end(reason, log: "", at: now)
        case (.ended, .ended): break
        case (.ended(let reason, let log), _): next.end(self.reason ?? reason, log: log, at: now)
        case (.traced(let trace), let phase) where phase.isLiving: next.trace = trace
        default: throw ChangeRefused(workspace: id, phase: phase, change: change.verb)
        }
        return next
    }

    private mutating func end(_ reason: EndReason, log: String, at now: Timestamp) {
        phase = .ended
        self.reason = reason
        endedAt = now
        lastLog = String(decoding: log.utf8.suffix(Self.lastLogLimit), as: UTF8.self)
    }

    /// A spare (or starting) workspace given to a member. Nil when it already has an owner or is on its way out.
    public func claimed(by owner: UserID, name: WorkspaceName, at now: Timestamp) -> Workspace? {
        guard isSpare else { return nil }
        var next = self
        next.owner = owner
        next.name = name
        next.claimedAt = now
        next.lastActiveAt = now
        return next
    }

    /// A later activity; an earlier one changes nothing.
    public func active(at moment: Timestamp) -> Workspace {
        var next = self
        next.lastActiveAt = max(moment, lastActiveAt ?? moment)
        return next
    }
}

extension WorkspaceChange {
    /// For messages and the record.
    public var verb: String {
        switch self {
        case .admitted: "admitted"
        case .started: "started"
        case .ready: "ready"
        case .handedOver: "handed-over"
        case .paused: "paused"
        case .resumed: "resumed"
        case .stopping: "stopping"
        case .ended: "ended"
        case .traced: "traced"
        }
    }
}
