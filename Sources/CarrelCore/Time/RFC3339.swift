/// RFC 3339 in whole milliseconds, without going through floating point: what is written reads back as itself.
enum RFC3339 {
    private static let day: Int64 = 86_400_000

    /// `2026-01-02T03:04:05.678Z`; years 0 to 9999 have four digits.
    static func text(milliseconds: Int64) -> String {
        let days = floorDivide(milliseconds, by: day)
        let rest = milliseconds - days * day
        let (year, month, dayOfMonth) = civil(days: days)
        var text: [UInt8] = []
        text.reserveCapacity(24)
        append(year, digits: 4, to: &text)
        text.append(UInt8(ascii: "-"))
        append(month, digits: 2, to: &text)
        text.append(UInt8(ascii: "-"))
        append(dayOfMonth, digits: 2, to: &text)
        text.append(UInt8(ascii: "T"))
        append(rest / 3_600_000, digits: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(rest / 60_000 % 60, digits: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(rest / 1000 % 60, digits: 2, to: &text)
        text.append(UInt8(ascii: "."))
        append(rest % 1000, digits: 3, to: &text)
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil unless the whole text is a moment. Any number of decimals (those beyond milliseconds are cut off) and any
    /// offset are understood; a leap second counts as the first second after it.
    static func milliseconds(_ text: String) -> Int64? {
        var scanner = Scanner(bytes: Array(text.utf8))
        guard let year = scanner.number(4), scanner.skip("-"), let month = scanner.number(2), scanner.skip("-"),
            let dayOfMonth = scanner.number(2), scanner.skip("Tt"), let hour = scanner.number(2), scanner.skip(":"),
            let minute = scanner.number(2), scanner.skip(":"), let second = scanner.number(2),
            (1...12).contains(month), dayOfMonth >= 1, hour < 24, minute < 60, second <= 60
        else { return nil }
        let days = days(year: year, month: month, day: dayOfMonth)
        guard civil(days: days) == (year, month, dayOfMonth) else { return nil }
        guard let fraction = scanner.fraction(), let offset = scanner.offset(), scanner.isAtEnd else { return nil }
        return days * day + hour * 3_600_000 + (minute - offset) * 60_000 + second * 1000 + fraction
    }

    private struct Scanner {
        let bytes: [UInt8]
        var position = 0

        var isAtEnd: Bool { position == bytes.count }

        mutating func number(_ digits: Int) -> Int64? {
            guard position + digits <= bytes.count else { return nil }
            var value: Int64 = 0
            for byte in bytes[position..<position + digits] {
                guard (48...57).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 48)
            }
            position += digits
            return value
        }

        /// Steps over any one of the characters.
        mutating func skip(_ characters: String) -> Bool {
            guard !isAtEnd, characters.utf8.contains(bytes[position]) else { return false }
            position += 1
            return true
        }

        /// Milliseconds; 0 where there are no decimals, nil for a point without any.
        mutating func fraction() -> Int64? {
            guard skip(".") else { return 0 }
            var value: Int64 = 0
            var digits = 0
            while let digit = number(1) {
                if digits < 3 { value = value * 10 + digit }
                digits += 1
            }
            guard digits > 0 else { return nil }
            for _ in digits..<max(3, digits) { value *= 10 }
            return value
        }

        /// Minutes east of UTC.
        mutating func offset() -> Int64? {
            if skip("Zz") { return 0 }
            let sign: Int64 = skip("+") ? 1 : -1
            guard sign == 1 || skip("-") else { return nil }
            guard let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60 else {
                return nil
            }
            return sign * (hours * 60 + minutes)
        }
    }

    private static func append(_ value: Int64, digits: Int, to text: inout [UInt8]) {
        let shown = Array(String(value).utf8)
        text.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: max(0, digits - shown.count)))
        text.append(contentsOf: shown)
    }

    private static func floorDivide(_ value: Int64, by divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : (value - divisor + 1) / divisor
    }

    /// Days since 1970-01-01 in the proleptic Gregorian calendar; years begin in March, so that the leap day is last.
    /// https://howardhinnant.github.io/date_algorithms.html
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = floorDivide(shifted, by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = floorDivide(shifted, by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
