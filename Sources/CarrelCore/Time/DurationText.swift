extension Duration {
    /// Reads `250ms`, `90s`, `5m`, `12h`, `7d` or a sum such as `1h30m`. Nil for anything else, also for a bare number.
    public init?(text: String) {
        var rest = Substring(text)
        var total: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let count = Int64(digits), let scale = Self.units[String(unit)] else { return nil }
            let (part, tooLarge) = count.multipliedReportingOverflow(by: scale)
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !tooLarge, !overflow, sum <= 1000 * 366 * 86_400_000 else { return nil }
            total = sum
        }
        self = .milliseconds(total)
    }

    private static let units: [String: Int64] = [
        "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000,
    ]

    /// The two largest units that say something, for people: `2 h 5 min`, `40 s`, `350 ms`.
    public var forPeople: String {
        let total = milliseconds
        guard total >= 1000 else { return "\(max(0, total)) ms" }
        let parts: [(Int64, String)] = [
            (total / 86_400_000, "d"), (total / 3_600_000 % 24, "h"), (total / 60_000 % 60, "min"),
            (total / 1000 % 60, "s"),
        ]
        let said = parts.drop { $0.0 == 0 }.prefix(2).filter { $0.0 > 0 }
        return said.map { "\($0.0) \($0.1)" }.joined(separator: " ")
    }
}
