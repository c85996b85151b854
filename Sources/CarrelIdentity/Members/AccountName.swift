public import CarrelCore

/// The name of a local account: 1…64 lower-case letters, digits, `.`, `_` and `-`, a letter or digit at both ends.
/// It can't hold a colon, so that it never reads as another provider's member.
public struct AccountName: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public static let longest = 64

    /// Throws `invalid` with a sentence that says what would be right.
    public init(_ text: String) throws(CarrelError) {
        guard !text.isEmpty else { throw CarrelError(.invalid, "An account needs a name.") }
        guard text.utf8.count <= Self.longest else {
            throw CarrelError(.invalid, "An account's name has at most \(Self.longest) characters.")
        }
        guard Self.isName(text) else {
            throw CarrelError(
                .invalid,
                "An account's name is made of lower-case letters, digits, '.', '_' and '-', "
                    + "and has a letter or digit at both ends."
            )
        }
        description = text
    }

    /// What somebody typed into a form: spaces around it and capital letters are forgiven. Nil if it can't be a name.
    init?(typed text: String) {
        guard text.utf8.count <= 2 * Self.longest else { return nil }
        let trimmed = text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
        guard let name = try? Self(String(trimmed).lowercased()) else { return nil }
        self = name
    }

    private static func isName(_ text: String) -> Bool {
        func isLetterOrDigit(_ byte: UInt8) -> Bool { (97...122).contains(byte) || (48...57).contains(byte) }
        guard let first = text.utf8.first, let last = text.utf8.last, isLetterOrDigit(first), isLetterOrDigit(last)
        else { return false }
        return text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == 45 || $0 == 46 || $0 == 95 }
    }
}

/// What a provider that is not ours calls a member, where we make them on its word: 1…128 printable ASCII characters
/// without spaces, colons, slashes and quotes.
enum SubjectName {
    static func isOne(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x21...0x7e).contains(byte) && !#":/\"'<>`"#.utf8.contains(byte)
            }
    }
}
