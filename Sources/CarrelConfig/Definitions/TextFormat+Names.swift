import CarrelCore

/// Names, and text without a structure of its own.
extension TextFormat {
    /// Any text of one line that says something.
    static func line(_ says: String) -> TextFormat {
        TextFormat(says, pattern: "\\S") { text in
            if !text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) { return .wrong("is empty") }
            return text.hasControls ? .wrong("contains a control character or a line break") : .value(.text(text))
        }
    }

    static func prose(_ says: String) -> TextFormat { TextFormat(says) { .value(.text($0)) } }

    /// One word: nothing that a blank or a line break could cut.
    static func word(_ says: String) -> TextFormat {
        TextFormat(says, pattern: "^\\S+$") { text in
            if text.isEmpty { return .wrong("is empty") }
            return text.hasControls || text.contains(where: \.isWhitespace)
                ? .wrong("contains a blank or a control character") : .value(.text(text))
        }
    }

    static let label = TextFormat(
        "at most 40 lower-case letters, digits and hyphens that begin with a letter or digit",
        pattern: "^[a-z0-9][a-z0-9-]{0,39}$"
    ) { AppID($0) == nil ? .wrong("is not a valid name") : .value(.text($0)) }

    static let environmentName = TextFormat(
        "letters, digits and underscores that do not begin with a digit",
        pattern: "^[A-Za-z_][A-Za-z0-9_]*$"
    ) { text in
        let good = text.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || $0 == 95 }
        let first = text.utf8.first.map { !$0.isASCIIDigit } ?? false
        return good && first ? .value(.text(text)) : .wrong("is not the name of an environment variable")
    }

    static let labelKey = TextFormat(
        "letters, digits, dots, slashes, underscores and hyphens",
        pattern: "^[A-Za-z0-9._/-]+$"
    ) { text in
        let good = text.utf8.allSatisfy {
            $0.isASCIILetter || $0.isASCIIDigit || [45, 46, 47, 95].contains($0)
        }
        guard good, !text.isEmpty else { return .wrong("is not a label's name") }
        return text.hasPrefix("org.carrel.") ? .wrong("is one of Carrel's own labels") : .value(.text(text))
    }

    static let labelValue = TextFormat("a text of one line", takesAnyScalar: true) {
        $0.hasControls ? .wrong("contains a control character or a line break") : .value(.text($0))
    }

    static let anyScalar = TextFormat("a text", takesAnyScalar: true) { .value(.text($0)) }

    /// A member as configuration, command line and API name them.
    static let memberName = TextFormat(
        "a member as provider:name (company:ada@example.org) or u-…",
        pattern: "^(u-[a-z2-7]{16}|[a-z0-9][a-z0-9-]{0,39}:.+)$"
    ) { text in
        if UserID(text) != nil || text.isQualifiedName { return .value(.text(text)) }
        return .wrong("does not say which provider knows the member")
    }

    static let groupName = TextFormat(
        "a group as provider:name (company:data-science)",
        pattern: "^[a-z0-9][a-z0-9-]{0,39}:.+$"
    ) { $0.isQualifiedName ? .value(.text($0)) : .wrong("does not say which provider knows the group") }

    /// A member of a JSON object; dots lead into nested ones.
    static let memberPath = TextFormat(
        "the name of a member, with dots into nested objects: kernel.execution_state",
        pattern: "^[^.]+(\\.[^.]+)*$"
    ) { text in
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.contains { $0.isEmpty } ? .wrong("has an empty part") : .value(.text(text))
    }

    static let userNumbers = TextFormat(
        "a user's number, or a user's and a group's, such as 1000 or 1000:100",
        pattern: "^[0-9]+(:[0-9]+)?$",
        takesIntegers: true
    ) { text in
        UserNumbers(text) == nil ? .wrong("is not a user's number") : .value(.text(text))
    }

    static let uids = TextFormat(
        "the first and the last of some user ids from 1000 on, such as 60001-64999",
        pattern: "^[0-9]+-[0-9]+$"
    ) { text in
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt32($0) }
        guard parts.count == 2, let first = parts[0], let last = parts[1] else { return .wrong("is not a range") }
        guard first >= 1000 else { return .wrong("includes ids of the system's own accounts") }
        guard first < last else { return .wrong("has fewer than two ids") }
        // The last two values mean "no user" to the kernel.
        guard last < UInt32.max - 1 else { return .wrong("includes ids that mean nobody") }
        return .value(.uids(first...last))
    }

    static let projects = TextFormat(
        "the first and the last of some project ids, such as 1000000-1099999",
        pattern: "^[0-9]+-[0-9]+$"
    ) { text in
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt32($0) }
        guard parts.count == 2, let first = parts[0], let last = parts[1] else { return .wrong("is not a range") }
        guard first > 0 else { return .wrong("includes 0, which is every file that has no project") }
        guard first < last else { return .wrong("has fewer than two ids") }
        return last == UInt32.max ? .wrong("includes the id that means none") : .value(.uids(first...last))
    }
}

extension String {
    var hasControls: Bool { unicodeScalars.contains { $0.value < 32 || $0.value == 127 } }

    /// `provider:name`
    var isQualifiedName: Bool {
        guard let colon = firstIndex(of: ":") else { return false }
        return AppID(self[..<colon]) != nil && !self[index(after: colon)...].isEmpty && !hasControls
    }
}

extension UInt8 {
    var isASCIIDigit: Bool { (48...57).contains(self) }
    var isASCIILetter: Bool { (65...90).contains(self) || (97...122).contains(self) }
}
