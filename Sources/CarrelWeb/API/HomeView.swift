import CarrelCore

/// A home as the API shows it.
struct HomeView: Encodable, Sendable {
    let name: String
    /// Bytes; null: not measured yet, or it can't be.
    let used: Int64?
    /// Bytes; null: no bound.
    let quota: Int64?
    /// The file system itself refuses what is beyond the quota.
    let enforced: Bool
    let measuredAt: Timestamp?
    /// Why it can't be measured.
    let unknown: String?

    init(_ report: HomeReport) {
        name = report.name
        used = report.used
        quota = report.quota
        enforced = report.isEnforced
        measuredAt = report.measuredAt
        unknown = report.trouble
    }

    private enum CodingKeys: String, CodingKey { case name, used, quota, enforced, measuredAt, unknown }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        // Not known is null, never 0.
        try container.encode(used, forKey: .used)
        try container.encode(quota, forKey: .quota)
        try container.encode(enforced, forKey: .enforced)
        try container.encode(measuredAt, forKey: .measuredAt)
        try container.encodeIfPresent(unknown, forKey: .unknown)
    }
}
