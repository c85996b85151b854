import Crypto
import CryptoExtras

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A public key of a provider (RFC 7517).
struct JSONWebKey: Sendable {
    enum Material: Sendable {
        case rsa(_RSA.Signing.PublicKey)
        case p256(P256.Signing.PublicKey)
        case p384(P384.Signing.PublicKey)
        case p521(P521.Signing.PublicKey)
        case ed25519(Curve25519.Signing.PublicKey)
    }

    let id: String?
    /// The one algorithm that it is for, if it says so.
    let algorithm: String?
    let material: Material

    /// Nil for keys that verify no signature of ours: symmetric ones, those for encryption, weak and broken ones.
    init?(_ json: JSONValue) {
        if let use = json["use"], use.text != "sig" { return nil }
        if let operations = json["key_ops"] {
            guard operations.elements?.contains(.string("verify")) == true else { return nil }
        }
        if let id = json["kid"] {
            guard let text = id.text, text.utf8.count <= 512 else { return nil }
            self.id = text
        } else {
            id = nil
        }
        if let algorithm = json["alg"] {
            guard let text = algorithm.text else { return nil }
            self.algorithm = text
        } else {
            algorithm = nil
        }
        guard let material = Self.material(json) else { return nil }
        self.material = material
    }

    private static func material(_ json: JSONValue) -> Material? {
        func bytes(_ name: String) -> [UInt8]? { json[name]?.text.flatMap { UnpaddedBase64.decode($0) } }
        switch (json["kty"]?.text, json["crv"]?.text) {
        case ("RSA", _):
            guard let n = bytes("n").map({ Array($0.drop { $0 == 0 }) }), (256...1024).contains(n.count),
                let e = bytes("e").map({ Array($0.drop { $0 == 0 }) }), isExponent(e),
                let key = try? _RSA.Signing.PublicKey(n: Data(n), e: Data(e))
            else { return nil }
            return .rsa(key)
        case ("EC", "P-256"):
            guard let point = point(bytes("x"), bytes("y"), size: 32),
                let key = try? P256.Signing.PublicKey(x963Representation: point)
            else { return nil }
            return .p256(key)
        case ("EC", "P-384"):
            guard let point = point(bytes("x"), bytes("y"), size: 48),
                let key = try? P384.Signing.PublicKey(x963Representation: point)
            else { return nil }
            return .p384(key)
        case ("EC", "P-521"):
            guard let point = point(bytes("x"), bytes("y"), size: 66),
                let key = try? P521.Signing.PublicKey(x963Representation: point)
            else { return nil }
            return .p521(key)
        case ("OKP", "Ed25519"):
            guard let x = bytes("x"), let key = try? Curve25519.Signing.PublicKey(rawRepresentation: Data(x)) else {
                return nil
            }
            return .ed25519(key)
        default: return nil
        }
    }

    /// Odd, above 2, and small: a huge one would only cost time.
    private static func isExponent(_ e: [UInt8]) -> Bool {
        guard (1...4).contains(e.count), let last = e.last, last & 1 == 1 else { return false }
        return e.count > 1 || last >= 3
    }

    private static func point(_ x: [UInt8]?, _ y: [UInt8]?, size: Int) -> Data? {
        guard let x, let y, x.count == size, y.count == size else { return nil }
        return Data([4] + x + y)
    }

    /// Whether it may verify this algorithm at all: by its type, and by what it says of itself.
    func fits(_ algorithm: SignatureAlgorithm) -> Bool {
        if let own = self.algorithm, own != algorithm.rawValue {
            // RFC 9864 gives EdDSA with this curve a name of its own.
            guard algorithm == .edDSA, own == "Ed25519" else { return false }
        }
        switch (material, algorithm) {
        case (.rsa, .rs256), (.rsa, .rs384), (.rsa, .rs512), (.rsa, .ps256), (.rsa, .ps384), (.rsa, .ps512): return true
        case (.p256, .es256), (.p384, .es384), (.p521, .es512), (.ed25519, .edDSA): return true
        default: return false
        }
    }

    /// Whether the signature over `message` is this key's. Call only where it `fits`.
    func verifies(_ signature: [UInt8], _ algorithm: SignatureAlgorithm, over message: [UInt8]) -> Bool {
        let message = Data(message)
        let signature = Data(signature)
        switch (material, algorithm) {
        case (.rsa(let key), .rs256): return Self.rsa(key, signature, SHA256.hash(data: message), .insecurePKCS1v1_5)
        case (.rsa(let key), .rs384): return Self.rsa(key, signature, SHA384.hash(data: message), .insecurePKCS1v1_5)
        case (.rsa(let key), .rs512): return Self.rsa(key, signature, SHA512.hash(data: message), .insecurePKCS1v1_5)
        case (.rsa(let key), .ps256): return Self.rsa(key, signature, SHA256.hash(data: message), .PSS)
        case (.rsa(let key), .ps384): return Self.rsa(key, signature, SHA384.hash(data: message), .PSS)
        case (.rsa(let key), .ps512): return Self.rsa(key, signature, SHA512.hash(data: message), .PSS)
        case (.p256(let key), .es256):
            guard let own = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(own, for: SHA256.hash(data: message))
        case (.p384(let key), .es384):
            guard let own = try? P384.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(own, for: SHA384.hash(data: message))
        case (.p521(let key), .es512):
            guard let own = try? P521.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(own, for: SHA512.hash(data: message))
        case (.ed25519(let key), .edDSA): return key.isValidSignature(signature, for: message)
        default: return false
        }
    }

    private static func rsa(
        _ key: _RSA.Signing.PublicKey,
        _ signature: Data,
        _ digest: some Digest,
        _ padding: _RSA.Signing.Padding
    ) -> Bool {
        key.isValidSignature(_RSA.Signing.RSASignature(rawRepresentation: signature), for: digest, padding: padding)
    }
}
