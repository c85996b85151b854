import Crypto
import CryptoExtras

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How expensive guessing is (scrypt, RFC 7914): memory is `128 * blockSize * 2^logRounds` bytes.
public struct ScryptCost: Hashable, Sendable {
    /// log2 of N, 1…20.
    public var logRounds: Int
    /// r, 1…32.
    public var blockSize: Int
    /// p, 1…16.
    public var parallelism: Int

    public init(logRounds: Int, blockSize: Int = 8, parallelism: Int = 1) {
        self.logRounds = logRounds
        self.blockSize = blockSize
        self.parallelism = parallelism
    }

    /// 32 MiB and some tens of milliseconds.
    public static let standard = ScryptCost(logRounds: 15)

    /// Within its ranges and at most 256 MiB: a stored hash must not be able to exhaust the machine.
    var isBearable: Bool {
        (1...20).contains(logRounds) && (1...32).contains(blockSize) && (1...16).contains(parallelism)
            && 128 * blockSize * parallelism << logRounds <= 256 << 20
    }
}

/// A stored password: `$scrypt$ln=15,r=8,p=1$salt$hash`, as in the PHC string format, base64 without padding.
struct PasswordHash: Hashable, Sendable, CustomStringConvertible {
    let cost: ScryptCost
    let salt: [UInt8]
    let hash: [UInt8]

    static let saltLength = 16
    static let hashLength = 32

    /// Throws `EmptyPassword` for an empty password.
    init(password: [UInt8], salt: [UInt8], cost: ScryptCost) throws {
        self.cost = cost
        self.salt = salt
        hash = try Self.derive(password, salt, cost, Self.hashLength).withUnsafeBytes { Array($0) }
    }

    /// Nil for anything but an scrypt hash with bearable cost.
    init?(_ text: String) {
        guard text.utf8.count <= 300 else { return nil }
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt" else { return nil }
        let names = ["ln=", "r=", "p="]
        let fields = parts[2].split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == names.count else { return nil }
        var numbers: [Int] = []
        for (name, field) in zip(names, fields) {
            guard field.hasPrefix(name), let number = Int(field.dropFirst(name.count)), number >= 1, number <= 99
            else { return nil }
            numbers.append(number)
        }
        cost = ScryptCost(logRounds: numbers[0], blockSize: numbers[1], parallelism: numbers[2])
        guard cost.isBearable, let salt = UnpaddedBase64.decode(parts[3], .standard), (8...64).contains(salt.count),
            let hash = UnpaddedBase64.decode(parts[4], .standard), (16...64).contains(hash.count)
        else { return nil }
        self.salt = salt
        self.hash = hash
    }

    var description: String {
        "$scrypt$ln=\(cost.logRounds),r=\(cost.blockSize),p=\(cost.parallelism)"
            + "$\(UnpaddedBase64.encode(salt, .standard))$\(UnpaddedBase64.encode(hash, .standard))"
    }

    /// Throws `EmptyPassword` for an empty password.
    func matches(_ password: [UInt8]) throws -> Bool {
        // SymmetricKey compares in constant time.
        try Self.derive(password, salt, cost, hash.count) == SymmetricKey(data: hash)
    }

    private static func derive(
        _ password: [UInt8],
        _ salt: [UInt8],
        _ cost: ScryptCost,
        _ length: Int
    ) throws -> SymmetricKey {
        // An empty password has no address to hand to the C function below, which would trap.
        guard !password.isEmpty else { throw EmptyPassword() }
        return try KDF.Scrypt.deriveKey(
            from: password,
            salt: salt,
            outputByteCount: length,
            rounds: 1 << cost.logRounds,
            blockSize: cost.blockSize,
            parallelism: cost.parallelism
        )
    }

    struct EmptyPassword: Error {}
}
