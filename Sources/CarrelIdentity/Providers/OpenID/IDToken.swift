import CarrelCore
import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What an ID token's claims must say (OpenID Connect Core 1.0, section 3.1.3.7). Pure: the signature is `KeySet`'s.
struct IDTokenCheck: Sendable {
    /// How far the provider's clock may be from ours.
    static let skew: Double = 60

    var issuer: IssuerRule
    var clientID: String
    /// What was sent with the request; nil at a refresh, where it may be missing but not differ.
    var nonce: String?
    /// False: a provider that leaves it out.
    var mustEchoNonce = true
    /// At a refresh: who it was about before.
    var subject: String?
    /// The access token that came with it, for `at_hash`.
    var accessToken: String?
    var now: Timestamp

    /// The subject. Throws `untrusted` with what is wrong.
    func subject(of token: SignedToken) throws(ProviderFault) -> String {
        let claims = token.claims
        try checkIssuer(claims)
        try Self.checkAudience(claims, clientID)
        try checkTimes(claims)
        if let nonce {
            let isMissing = claims["nonce"] == nil && !mustEchoNonce
            guard isMissing || claims["nonce"]?.text == nonce else {
                throw Self.fault("has another nonce than this sign-in: it was made for another one")
            }
        }
        guard let subject = claims["sub"]?.text, Self.isSubject(subject) else {
            throw Self.fault("has no sub, or one that is none")
        }
        if let expected = self.subject, expected != subject { throw Self.fault("is about somebody else than before") }
        if let accessToken, let hash = claims["at_hash"] {
            guard hash.text == Self.half(of: accessToken, token.algorithm) else {
                throw Self.fault("belongs to another access token (at_hash)")
            }
        }
        return subject
    }

    private func checkIssuer(_ claims: JSONValue) throws(ProviderFault) {
        guard let text = claims["iss"]?.text, issuer.accepts(text, claims: claims) else {
            throw Self.fault("is of the issuer \(quotedForLog(claims["iss"]?.text)), not of \(issuer.description)")
        }
    }

    /// `aud` is a text or a list. With `azp`, or several audiences, the token must have been made for us.
    static func checkAudience(_ claims: JSONValue, _ clientID: String) throws(ProviderFault) {
        let audiences: [String]
        switch claims["aud"] {
        case .string(let one): audiences = [one]
        case .array(let several):
            audiences = several.compactMap(\.text)
            guard audiences.count == several.count else { throw fault("has an audience that is no text") }
        default: throw fault("has no audience")
        }
        guard audiences.contains(clientID) else { throw fault("is made for another client (aud)") }
        if let azp = claims["azp"] {
            guard azp.text == clientID else { throw fault("was given to another client (azp)") }
        } else if audiences.count > 1 {
            throw fault("has several audiences and does not say who it was given to (azp)")
        }
    }

    private func checkTimes(_ claims: JSONValue) throws(ProviderFault) {
        let now = Double(self.now.milliseconds) / 1000
        guard let expires = claims["exp"]?.seconds else { throw Self.fault("has no exp") }
        guard expires > now - Self.skew else { throw Self.fault("has expired") }
        guard let issued = claims["iat"]?.seconds else { throw Self.fault("has no iat") }
        guard issued < now + Self.skew else { throw Self.fault("was made in the future (iat): look at the clocks") }
        if let from = claims["nbf"] {
            guard let from = from.seconds, from < now + Self.skew else { throw Self.fault("is not valid yet (nbf)") }
        }
    }

    /// At most 255 characters (Core, section 2), none of them a control character.
    static func isSubject(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count) && !text.unicodeScalars.contains { $0.value < 32 || $0.value == 127 }
    }

    /// The left half of the digest that goes with the signature (Core, section 3.1.3.6).
    static func half(of text: String, _ algorithm: SignatureAlgorithm) -> String {
        let data = Data(text.utf8)
        let digest: [UInt8] =
            switch algorithm {
            case .rs256, .ps256, .es256: Array(SHA256.hash(data: data))
            case .rs384, .ps384, .es384: Array(SHA384.hash(data: data))
            case .rs512, .ps512, .es512, .edDSA: Array(SHA512.hash(data: data))
            }
        return UnpaddedBase64.encode(digest.prefix(digest.count / 2))
    }

    static func fault(_ what: String) -> ProviderFault { ProviderFault(.untrusted, "the token \(what)") }
}

/// Which issuers a token, and a provider's metadata, may name.
enum IssuerRule: Hashable, Sendable, CustomStringConvertible {
    /// This text, to the letter.
    case exactly(String)
    /// Microsoft's: `base/<directory>/v2.0`, where the directory is the token's `tid`. `only`: no other directory.
    case microsoft(base: String, only: String?)

    /// The one personal accounts belong to.
    static let personalDirectory = "9188040d-6c67-4c5b-b112-36a304b66dad"

    func accepts(_ issuer: String, claims: JSONValue) -> Bool {
        switch self {
        case .exactly(let expected): return issuer == expected
        case .microsoft(let base, let only):
            guard let directory = claims["tid"]?.text, Self.isDirectory(directory),
                only.map({ $0 == directory }) ?? true
            else { return false }
            return issuer == "\(base)/\(directory)/v2.0"
        }
    }

    /// What the metadata may call itself. Microsoft's is a template where any directory may sign in.
    func acceptsMetadata(_ issuer: String) -> Bool {
        switch self {
        case .exactly(let expected): return issuer == expected
        case .microsoft(let base, let only):
            if let only { return issuer == "\(base)/\(only)/v2.0" }
            guard issuer.hasPrefix(base + "/"), issuer.hasSuffix("/v2.0") else { return false }
            let directory = String(issuer.dropFirst(base.count + 1).dropLast("/v2.0".count))
            return directory == "{tenantid}" || Self.isDirectory(directory)
        }
    }

    /// A GUID in its usual form, lower case.
    static func isDirectory(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.utf8.count) == [8, 4, 4, 4, 12]
            && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) || $0 == 45 }
    }

    var description: String {
        switch self {
        case .exactly(let issuer): issuer
        case .microsoft(let base, let only): "\(base)/\(only ?? "<directory>")/v2.0"
        }
    }
}
