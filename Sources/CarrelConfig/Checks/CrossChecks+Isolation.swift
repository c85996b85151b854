import CarrelCore

extension CrossChecks {
    /// Names of their own for workspaces: they keep apart only what browsers take for different sites.
    mutating func checkIsolation() {
        let isolation = configuration.isolation
        guard isolation.mode != .path, let domain = isolation.domain else { return }
        guard let origin = configuration.users.publicOrigin, let hub = origin.lowercased().hostOfOrigin else {
            log.problem(
                "isolation",
                found: isolation.mode.rawValue,
                "requests are told apart by the name that browsers ask for, and carrel's own is not known",
                "say it with listeners.users.public-url: https://…"
            )
            return
        }
        if hub == domain {
            log.problem(
                "isolation.domain",
                found: domain,
                "\(domain) is carrel's own name",
                "give workspaces another one: that is what keeps their pages apart from carrel's"
            )
        } else if domain.hasSuffix("." + hub) || hub.hasSuffix("." + domain) {
            log.warning(
                "isolation.domain",
                found: domain,
                "\(domain) is \(domain.hasSuffix("." + hub) ? "below" : "above") carrel's own name, \(hub): pages of "
                    + "workspaces can set cookies for it",
                "give workspaces a domain that is registered by itself, such as work-content.example for "
                    + "work.example.org"
            )
        }
    }
}
