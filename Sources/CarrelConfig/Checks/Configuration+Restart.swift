extension Configuration {
    /// The fields whose change a reload can't apply: they need a restart. Empty: reload away.
    public func changesNeedingRestart(comparedTo running: Configuration) -> [String] {
        var fields: [String] = []
        if deployment != running.deployment { fields.append("deployment") }
        if state != running.state { fields.append("state") }
        if store != running.store { fields.append("store") }
        if users.bind != running.users.bind { fields.append("listeners.users.bind") }
        if operators.bind != running.operators.bind { fields.append("listeners.operators.bind") }
        return fields
    }
}
