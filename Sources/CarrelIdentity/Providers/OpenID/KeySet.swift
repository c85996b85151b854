/// A provider's public keys (RFC 7517, section 5).
struct KeySet: Sendable {
    let keys: [JSONWebKey]

    /// Keys that we can't use are passed over. Throws `untrusted` where there is no list of keys at all.
    init(_ json: JSONValue) throws(ProviderFault) {
        guard let elements = json["keys"]?.elements else {
            throw ProviderFault(.untrusted, "the key set has no keys")
        }
        keys = elements.prefix(ProviderLimits.keys).compactMap { JSONWebKey($0) }
    }

    enum Verdict: Hashable, Sendable {
        case signed
        /// No key has this id, or, for a token without one, none verifies it: the set may be out of date.
        case unknownKey
        case forged
    }

    /// A token with a `kid` is verified by the keys of that id only, of which there may be several (of other types, or
    /// given twice); one without by every key of its kind.
    func verdict(on token: SignedToken) -> Verdict {
        let candidates = keys.filter { token.keyID == nil || $0.id == token.keyID }
        guard !candidates.isEmpty else { return .unknownKey }
        // A few are enough for any provider, and each costs time.
        if candidates.lazy.filter({ $0.fits(token.algorithm) }).prefix(8).contains(where: { token.isSigned(by: $0) }) {
            return .signed
        }
        return token.keyID == nil ? .unknownKey : .forged
    }
}
