import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The address to which a browser is sent to sign in (RFC 6749, section 4.1.1; RFC 7636; OpenID Connect Core, 3.1.2.1).
struct Authorization: Sendable {
    let endpoint: String
    let clientID: String
    let scopes: [String]
    let callback: String
    let state: String
    /// OpenID Connect only.
    let nonce: String?
    /// Nil: a provider that refuses PKCE.
    let verifier: String?
    let parameters: [ProviderProfile.Parameter]

    var address: String {
        var fields = [
            ("response_type", "code"), ("client_id", clientID), ("redirect_uri", callback),
            ("scope", scopes.joined(separator: " ")), ("state", state),
        ]
        if let nonce { fields.append(("nonce", nonce)) }
        if let verifier {
            fields += [("code_challenge", Self.challenge(verifier)), ("code_challenge_method", "S256")]
        }
        return FormText.address(endpoint, fields + parameters.map { ($0.name, $0.value) })
    }

    static func challenge(_ verifier: String) -> String {
        UnpaddedBase64.encode(SHA256.hash(data: Data(verifier.utf8)))
    }
}

/// What a provider sends back with the browser (RFC 6749, sections 4.1.2 and 4.1.2.1; RFC 9207).
public struct AuthorizationAnswer: Sendable {
    public var code: String?
    public var state: String?
    public var issuer: String?
    public var error: String?
    public var errorDescription: String?

    public init(code: String?, state: String?, issuer: String?, error: String?, errorDescription: String?) {
        self.code = code
        self.state = state
        self.issuer = issuer
        self.error = error
        self.errorDescription = errorDescription
    }

    /// The code. Throws what the provider says, or `untrusted` for an answer that is none, or another provider's.
    func code(from expected: String, mustNameIssuer: Bool) throws(ProviderFault) -> String {
        if let issuer {
            guard issuer == expected else {
                throw ProviderFault(
                    .untrusted,
                    "the answer is of the issuer \(quotedForLog(issuer)), not of \(expected)"
                )
            }
        } else if mustNameIssuer {
            throw ProviderFault(.untrusted, "the answer does not name its issuer, as this provider's answers do (iss)")
        }
        if let error {
            let kind: ProviderFault.Kind =
                switch error {
                case "access_denied", "login_required", "interaction_required", "consent_required",
                    "account_selection_required":
                    .refused
                case "server_error", "temporarily_unavailable": .unavailable
                default: .configuration
                }
            throw ProviderFault(kind, "it answered \(quotedForLog(error)): \(quotedForLog(errorDescription))")
        }
        guard let code, (1...4096).contains(code.utf8.count), code.utf8.allSatisfy({ (0x20...0x7e).contains($0) })
        else { throw ProviderFault(.untrusted, "the answer has no code") }
        return code
    }
}
