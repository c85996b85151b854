extension Configuration {
    /// The fields whose change a reload can't apply: they need a restart. Empty: reload away.
    public func changesNeedingRestart(comparedTo running: Configuration) -> [String] {
        var fields: [String] = []
        if deployment != running.deployment { fields.append("deployment") }
        if state != running.state { fields.append("state") }
        if store != running.store { fields.append("store") }
        for (name, rule, old) in [("users", users, running.users), ("operators", operators, running.operators)] {
            if rule.bind != old.bind { fields.append("listeners.\(name).bind") }
            // The names of cookies follow from it.
            if rule.publicOrigin != old.publicOrigin { fields.append("listeners.\(name).public-url") }
            if rule.trustedProxies != old.trustedProxies { fields.append("listeners.\(name).trusted-proxies") }
            if rule.proxyProtocol != old.proxyProtocol { fields.append("listeners.\(name).proxy-protocol") }
            // Other files, or other contents of the same, are taken over while everything goes on.
            if (rule.tls == nil) != (old.tls == nil) {
                fields.append("listeners.\(name).tls")
            } else {
                if rule.tls?.redirectFrom != old.tls?.redirectFrom {
                    fields.append("listeners.\(name).tls.redirect-from")
                }
                if rule.tls?.hsts != old.tls?.hsts { fields.append("listeners.\(name).tls.hsts") }
            }
        }
        // Names of cookies, routes and what apps were told at their start follow from it.
        if isolation != running.isolation { fields.append("isolation") }
        if engines != running.engines { fields.append("engines") }
        return fields
    }
}
