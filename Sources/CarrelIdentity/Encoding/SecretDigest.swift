import CarrelCore
import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Secrets that Carrel makes have 256 random bits, so one SHA-256 is enough to store them safely.
enum SecretDigest {
    /// 64 hexadecimal digits.
    static func of(_ secret: String) -> String { SHA256.hash(data: Data(secret.utf8)).hex }

    /// Whether text has the shape of `Randomness.secret()`.
    static func isSecret(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 43 && UnpaddedBase64.decode(text)?.count == 32
    }
}
