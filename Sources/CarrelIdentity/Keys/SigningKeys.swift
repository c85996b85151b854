import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The keys that sign what browsers bring back. One secret, and a key of its own for every purpose derived from it
/// (HKDF, RFC 5869), so that a signature made for one is worth nothing for another.
public struct SigningKeys: Sendable {
    /// Bytes of the secret.
    public static let secretLength = 32

    let cookies: SymmetricKey
    let csrf: SymmetricKey
    /// Of cookies on workspaces' own names.
    let workspaces: SymmetricKey
    /// What travels to a provider and back while somebody signs in there.
    let flows: SymmetricKey
    let flowProofs: SymmetricKey
    /// Tokens of providers in the store.
    let grants: SymmetricKey

    /// Nil unless there are exactly `secretLength` bytes. They must come from a secure random source.
    public init?(secret: [UInt8]) {
        guard secret.count == Self.secretLength else { return nil }
        let material = SymmetricKey(data: secret)
        cookies = Self.derive("carrel session cookie 1", from: material)
        csrf = Self.derive("carrel csrf 1", from: material)
        workspaces = Self.derive("carrel workspace cookie 1", from: material)
        flows = Self.derive("carrel sign-in flow 1", from: material)
        flowProofs = Self.derive("carrel sign-in proof 1", from: material)
        grants = Self.derive("carrel provider grant 1", from: material)
    }

    private static func derive(_ purpose: String, from material: SymmetricKey) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: material, info: Data(purpose.utf8), outputByteCount: 32)
    }
}
