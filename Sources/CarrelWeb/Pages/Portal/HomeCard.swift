import CarrelCore

/// One home of the member's, on the portal.
struct HomeCard {
    let title: String
    /// `12 GiB of 20 GiB`.
    let words: String
    /// Whole percents for the bar, at most 100; nil: no bar.
    let percent: Int?
    let style: String
    let since: String?
    let warning: String?

    /// Homes of which there is nothing to say have none.
    init?(_ report: HomeReport, isOnly: Bool, now: Timestamp) {
        guard report.used != nil || report.quota != nil || report.trouble != nil else { return nil }
        title = isOnly ? "My home" : "My home: \(report.name)"
        let quota = report.quota.map { ByteText.of($0) }
        if let used = report.used {
            words = ByteText.of(used) + (quota.map { " of \($0)" } ?? "")
        } else {
            words = report.trouble ?? quota.map { "Not measured yet, of \($0)" } ?? ""
        }
        percent = report.share.map { min(100, Int(($0 * 100).rounded(.down))) }
        style = report.isFull ? "full" : report.isNearlyFull ? "near" : ""
        since = report.used == nil ? nil : report.measuredAt.map { Self.ago(now - $0) }
        warning = Self.warning(report)
    }

    private static func ago(_ passed: Duration) -> String {
        passed < .seconds(60)
            ? "measured less than a minute ago"
            : "measured \(Duration.seconds(passed.milliseconds / 60_000 * 60).forPeople) ago"
    }

    private static func warning(_ report: HomeReport) -> String? {
        guard report.isNearlyFull else { return nil }
        guard report.isFull else { return "Your home is nearly full. Delete what you don't need." }
        return report.isEnforced
            ? "Your home is full: nothing more can be saved. Delete what you don't need."
            : "Your home holds more than it may: no workspace is started until you have deleted files."
    }
}
