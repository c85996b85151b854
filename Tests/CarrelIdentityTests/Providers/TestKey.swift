import Crypto
import CryptoExtras

@testable import CarrelIdentity

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A private key of a scripted provider, or of somebody who would like to be one.
struct TestKey: Sendable {
    enum Material: Sendable {
        case rsa(_RSA.Signing.PrivateKey)
        case p256(P256.Signing.PrivateKey)
        case p384(P384.Signing.PrivateKey)
        case p521(P521.Signing.PrivateKey)
        case ed25519(Curve25519.Signing.PrivateKey)
    }

    var id: String?
    let material: Material

    /// Made once: large primes take their time.
    private static let rsaKeys: [_RSA.Signing.PrivateKey] = (0..<2).compactMap { _ in
        try? _RSA.Signing.PrivateKey(keySize: .bits2048)
    }

    static func rsa(_ id: String? = "rsa", number: Int = 0) -> Self { Self(id: id, material: .rsa(rsaKeys[number])) }
    static func p256(_ id: String? = "p256") -> Self { Self(id: id, material: .p256(.init())) }
    static func p384(_ id: String? = "p384") -> Self { Self(id: id, material: .p384(.init())) }
    static func p521(_ id: String? = "p521") -> Self { Self(id: id, material: .p521(.init())) }
    static func ed25519(_ id: String? = "ed") -> Self { Self(id: id, material: .ed25519(.init())) }

    /// As it stands in a key set.
    var published: JSONValue {
        var fields: [String: JSONValue] = id.map { ["kid": .string($0)] } ?? [:]
        func put(_ name: String, _ bytes: some Sequence<UInt8>) { fields[name] = .string(UnpaddedBase64.encode(bytes)) }
        func curve(_ name: String, _ x963: Data) {
            fields["kty"] = .string("EC")
            fields["crv"] = .string(name)
            let point = Array(x963.dropFirst())
            put("x", point.prefix(point.count / 2))
            put("y", point.suffix(point.count / 2))
        }
        switch material {
        case .rsa(let key):
            fields["kty"] = .string("RSA")
            if let primitives = try? key.publicKey.getKeyPrimitives() {
                put("n", primitives.modulus)
                put("e", primitives.publicExponent)
            }
        case .p256(let key): curve("P-256", key.publicKey.x963Representation)
        case .p384(let key): curve("P-384", key.publicKey.x963Representation)
        case .p521(let key): curve("P-521", key.publicKey.x963Representation)
        case .ed25519(let key):
            fields["kty"] = .string("OKP")
            fields["crv"] = .string("Ed25519")
            put("x", key.publicKey.rawRepresentation)
        }
        return .object(fields)
    }

    func published(with more: [String: JSONValue]) -> JSONValue {
        guard case .object(let fields) = published else { return .null }
        return .object(fields.merging(more) { $1 })
    }

    func sign(_ text: String, _ algorithm: SignatureAlgorithm) throws -> [UInt8] {
        let data = Data(text.utf8)
        switch (material, algorithm) {
        case (.rsa(let key), .rs256):
            return try Array(key.signature(for: SHA256.hash(data: data), padding: .insecurePKCS1v1_5).rawRepresentation)
        case (.rsa(let key), .rs384):
            return try Array(key.signature(for: SHA384.hash(data: data), padding: .insecurePKCS1v1_5).rawRepresentation)
        case (.rsa(let key), .rs512):
            return try Array(key.signature(for: SHA512.hash(data: data), padding: .insecurePKCS1v1_5).rawRepresentation)
        case (.rsa(let key), .ps256):
            return try Array(key.signature(for: SHA256.hash(data: data), padding: .PSS).rawRepresentation)
        case (.rsa(let key), .ps384):
            return try Array(key.signature(for: SHA384.hash(data: data), padding: .PSS).rawRepresentation)
        case (.rsa(let key), .ps512):
            return try Array(key.signature(for: SHA512.hash(data: data), padding: .PSS).rawRepresentation)
        case (.p256(let key), _): return try Array(key.signature(for: SHA256.hash(data: data)).rawRepresentation)
        case (.p384(let key), _): return try Array(key.signature(for: SHA384.hash(data: data)).rawRepresentation)
        case (.p521(let key), _): return try Array(key.signature(for: SHA512.hash(data: data)).rawRepresentation)
        case (.ed25519(let key), _): return try Array(key.signature(for: data))
        default: throw CryptoKitError.incorrectParameterSize
        }
    }

    /// A compact token. `header` is laid over what the algorithm and the key say.
    func token(
        _ claims: JSONValue,
        _ algorithm: SignatureAlgorithm = .rs256,
        header more: [String: JSONValue] = [:]
    ) throws -> String {
        var header: [String: JSONValue] = ["alg": .string(algorithm.rawValue), "typ": .string("JWT")]
        if let id { header["kid"] = .string(id) }
        let message = JSONText.part(.object(header.merging(more) { $1 })) + "." + JSONText.part(claims)
        return try message + "." + UnpaddedBase64.encode(sign(message, algorithm))
    }
}

/// JSON as a provider writes it.
enum JSONText {
    static func of(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .number(let text): text
        case .string(let text): quoted(text)
        case .array(let elements): "[" + elements.map(of).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.sorted { $0.key < $1.key }.map { quoted($0.key) + ":" + of($0.value) }.joined(separator: ",")
                + "}"
        }
    }

    static func part(_ value: JSONValue) -> String { UnpaddedBase64.encode(of(value).utf8) }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case _ where scalar.value < 32:
                quoted += scalar.value < 16 ? "\\u000" : "\\u00"
                quoted += String(scalar.value, radix: 16)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int) { self = .number("\(value)") }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(elements) { $1 })
    }
}
