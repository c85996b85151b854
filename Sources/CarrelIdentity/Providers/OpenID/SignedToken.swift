/// A JSON Web Token in its compact form (RFC 7519, RFC 7515), read but not verified.
struct SignedToken: Sendable {
    let algorithm: SignatureAlgorithm
    let keyID: String?
    let type: String?
    /// Not to be believed before `isSigned(by:)`.
    let claims: JSONValue
    private let signature: [UInt8]
    private let message: [UInt8]

    /// What names a key inside the token (`jku`, `jwk`, `x5u`, `x5c`) is never looked at: whoever forges a token would
    /// name theirs. Throws `untrusted` for anything that is no token signed in one of our ways.
    init(_ text: String) throws(ProviderFault) {
        func refuse(_ why: String) -> ProviderFault { ProviderFault(.untrusted, "the token \(why)") }
        guard text.utf8.count <= ProviderLimits.token else {
            throw refuse("is longer than \(ProviderLimits.token) bytes")
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else {
            throw refuse(parts.count == 5 ? "is encrypted: let the provider send it signed only" : "is none")
        }
        guard let head = UnpaddedBase64.decode(parts[0]), let body = UnpaddedBase64.decode(parts[1]),
            let signature = UnpaddedBase64.decode(parts[2]), !signature.isEmpty, signature.count <= 1024
        else { throw refuse("is not base64url, or has no signature") }
        guard let header = try? JSONReader.value(head), case .object(let fields) = header,
            let claims = try? JSONReader.value(body), case .object = claims
        else { throw refuse("is not made of JSON objects") }
        guard let name = fields["alg"]?.text, let algorithm = SignatureAlgorithm(rawValue: name) else {
            throw refuse("is signed with \(quotedForLog(fields["alg"]?.text)), which is never accepted")
        }
        // Extensions that must be understood (RFC 7515, section 4.1.11): none is.
        guard fields["crit"] == nil else { throw refuse("has critical extensions") }
        if let id = fields["kid"] {
            guard let text = id.text, text.utf8.count <= 512 else { throw refuse("has a kid that is no text") }
            keyID = text
        } else {
            keyID = nil
        }
        self.algorithm = algorithm
        type = fields["typ"]?.text
        self.claims = claims
        self.signature = signature
        message = Array("\(parts[0]).\(parts[1])".utf8)
    }

    func isSigned(by key: JSONWebKey) -> Bool {
        key.fits(algorithm) && key.verifies(signature, algorithm, over: message)
    }
}
