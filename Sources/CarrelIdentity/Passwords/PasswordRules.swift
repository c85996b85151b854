public import CarrelCore
@_spi(_Unicode) import Swift

/// What may be a password. Counted after normalization to NFC (as RFC 8265 section 4.2 asks), so that one typed on
/// another keyboard is the same: at least 8 characters, at most 1024 bytes of UTF-8, no control characters.
public enum PasswordRules {
    public static let fewestCharacters = 8
    public static let mostBytes = 1024

    /// Throws `invalid` with a sentence that says what would be right.
    public static func check(_ password: String, for name: String) throws(CarrelError) {
        guard let bytes = normalized(password) else {
            throw CarrelError(.invalid, "A password has at most \(mostBytes) bytes.")
        }
        guard password.count >= fewestCharacters else {
            throw CarrelError(.invalid, "A password has at least \(fewestCharacters) characters.")
        }
        guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw CarrelError(.invalid, "A password can't hold control characters such as tabs or line breaks.")
        }
        guard password.lowercased() != name.lowercased() else {
            throw CarrelError(.invalid, "A password can't be the account's name.")
        }
    }

    /// What is hashed. Nil if it is empty or too long to be anybody's password.
    static func normalized(_ password: String) -> [UInt8]? {
        // Four bytes for one is more than NFC ever saves; a longer text is not worth normalizing.
        guard !password.isEmpty, password.utf8.count <= 4 * mostBytes else { return nil }
        var bytes: [UInt8] = []
        for scalar in password._nfc { bytes.append(contentsOf: String(scalar).utf8) }
        return bytes.count <= mostBytes ? bytes : nil
    }
}
