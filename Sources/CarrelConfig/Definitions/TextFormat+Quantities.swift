import CarrelCore

/// Times, sizes and shares.
extension TextFormat {
    static func duration(from shortest: Duration, to longest: Duration = .seconds(366 * 86_400)) -> TextFormat {
        TextFormat(
            "a duration from \(shortest.forPeople) to \(longest.forPeople), such as 90s, 30m, 1h30m or 7d",
            pattern: "^([0-9]+(ms|s|m|h|d))+$"
        ) { text in
            if !text.isEmpty, text.utf8.allSatisfy(\.isASCIIDigit) { return .wrong("has no unit") }
            guard let duration = Duration(text: text) else { return .wrong("is not a duration") }
            if duration < shortest { return .wrong("is too short") }
            return duration > longest ? .wrong("is too long") : .value(.duration(duration))
        }
    }

    /// How often; `never` is a text.
    static let imageCheck = TextFormat(
        "a duration from 10s, such as 10m, or never",
        pattern: "^(([0-9]+(ms|s|m|h|d))+|never)$"
    ) { text in
        text == "never" ? .value(.text(text)) : duration(from: .seconds(10)).read(text)
    }

    private static let units: [(suffix: String, size: Int64)] = [
        ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1 << 40),
        ("k", 1000), ("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000),
    ]

    /// Memory: at least 1 MiB, at most 1024 TiB.
    static let bytes = TextFormat(
        "a size from 1Mi, such as 512Mi, 4Gi or a number of bytes",
        pattern: "^[0-9]+(Ki|Mi|Gi|Ti|k|M|G|T)?$",
        takesIntegers: true
    ) { text in
        let unit = units.first { text.hasSuffix($0.suffix) }
        let digits = text.dropLast(unit?.suffix.count ?? 0)
        guard !digits.isEmpty, digits.utf8.allSatisfy(\.isASCIIDigit) else { return .wrong("is not a size") }
        guard let count = Int64(digits) else { return .wrong("is too large") }
        let (size, overflow) = count.multipliedReportingOverflow(by: unit?.size ?? 1)
        if overflow || size > 1 << 50 { return .wrong("is too large") }
        return size < 1 << 20 ? .wrong("is too small") : .value(.bytes(size))
    }

    /// A share of one core; `none`: CPU does not count.
    static let coreShare = TextFormat(
        "a percentage of one core above zero, such as 5%, or none",
        pattern: "^([0-9]+(\\.[0-9]+)?%|none)$"
    ) { text in
        if text == "none" { return .value(.fraction(nil)) }
        let digits = text.dropLast()
        let isPlain = digits.utf8.allSatisfy { $0.isASCIIDigit || $0 == 46 }
        guard text.hasSuffix("%"), isPlain, digits.utf8.first?.isASCIIDigit == true,
            digits.utf8.last?.isASCIIDigit == true, let share = Double(digits)
        else {
            return .wrong(text.utf8.last.map(\.isASCIIDigit) == true ? "has no percent sign" : "is not a percentage")
        }
        guard share > 0 else { return .wrong("would count every workspace as busy") }
        return share > 100_000 ? .wrong("is more than any machine has") : .value(.fraction(share / 100))
    }
}
