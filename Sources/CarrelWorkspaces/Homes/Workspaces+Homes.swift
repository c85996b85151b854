public import CarrelCore

extension Workspaces {
    public func homes() async throws -> [HomeReport] { try await around.homeReports { _ in true } }

    public func homes(of user: UserID) async throws -> [HomeReport] {
        try await around.homeReports { $0.owner == user }
    }
}

extension Surroundings {
    func homeReports(where isWanted: @Sendable (HomeRecord) -> Bool) async throws -> [HomeReport] {
        let rules = rules.now
        var quotas: [String: Int64] = [:]
        for rule in rules.homeRules { quotas[rule.id] = rule.quota }
        return try await store.homes().filter(isWanted).map { HomeReport($0, quota: quotas[$0.home]) }
    }

    /// What an operator must know of quotas that the file system does not keep.
    func quotaFindings(of engine: EngineName) async -> [EngineFinding] {
        guard let homes = engines.ifPrepared(engine)?.can.homes else { return [] }
        return await rules.now.homeRules.filter { $0.engine == engine }.quotaFindings(on: homes)
    }
}

extension [HomeRule] {
    /// One for each rule with a quota that the file system does not keep.
    public func quotaFindings(on homes: any HomeMeasuring) async -> [EngineFinding] {
        var findings: [EngineFinding] = []
        for rule in self {
            guard let quota = rule.quota, case .unavailable(let why) = await homes.quotaSupport(of: rule) else {
                continue
            }
            findings.append(
                EngineFinding(
                    .warning,
                    "homes.\(rule.id).quota: \(why). A member whose home holds \(ByteText.of(quota)) or more can write on, "
                        + "and is only kept from starting workspaces."
                )
            )
        }
        return findings
    }
}

extension Rulebook {
    /// Of the configured apps, each once, in the order of their names.
    var homeRules: [HomeRule] {
        var found: [String: HomeRule] = [:]
        for rule in order.compactMap({ current($0)?.app.home?.rule }) { found[rule.id] = rule }
        return found.values.sorted { $0.id < $1.id }
    }
}
