/// The text of an API token: `carrel_` and 43 characters of base64url (256 random bits). The prefix lets scanners of
/// leaked secrets, and the gateway, know it when they see it.
public enum TokenSecret {
    public static let prefix = "carrel_"

    static func make(from random: Randomness) -> String { prefix + random.secret() }

    /// Whether text has the shape of a token; says nothing about whether it is one.
    public static func hasShape(_ text: String) -> Bool {
        text.hasPrefix(prefix) && SecretDigest.isSecret(text.dropFirst(prefix.count))
    }
}
