/// What a browser keeps on a workspace's name while its member comes over from the hub: a ticket that is taken to another
/// browser, or forced upon one, is worth nothing there.
public enum BrowserMark {
    /// A random value for a cookie.
    public static func make() -> String {
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        return UnpaddedBase64.encode(bytes)
    }

    /// Whether text has the shape of one.
    public static func isOne(_ text: String) -> Bool { SecretDigest.isSecret(text) }

    /// What the hub is told of it: 64 hexadecimal digits, from which it can't be made.
    public static func digest(of mark: String) -> String { SecretDigest.of(mark) }

    /// Whether text has the shape of a digest.
    public static func isDigest(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }
}
