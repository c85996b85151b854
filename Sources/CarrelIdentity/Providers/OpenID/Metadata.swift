/// What a provider says of itself (OpenID Connect Discovery 1.0, section 3).
struct Metadata: Sendable {
    let issuer: String
    let authorization: String
    let token: String
    let keys: String
    let userinfo: String?
    let endSession: String?
    /// Whether its answers name their issuer (RFC 9207).
    let namesIssuer: Bool
    /// Nil: it does not say.
    let algorithms: Set<String>?
    let takesBasic: Bool

    /// Throws `untrusted` where something is missing, is no safe address, or the issuer is not the one configured.
    init(_ json: JSONValue, issuer rule: IssuerRule) throws(ProviderFault) {
        func fault(_ what: String) -> ProviderFault { ProviderFault(.untrusted, "the provider's metadata \(what)") }
        guard let issuer = json["issuer"]?.text, rule.acceptsMetadata(issuer) else {
            throw fault("is of the issuer \(quotedForLog(json["issuer"]?.text)), not of \(rule.description)")
        }
        func address(_ name: String) throws(ProviderFault) -> String? {
            guard let value = json[name], value != .null else { return nil }
            guard let text = value.text, ProviderAddress.isSafe(text) else {
                throw fault("names as \(name) what is no https address")
            }
            return text
        }
        guard let authorization = try address("authorization_endpoint"), let token = try address("token_endpoint"),
            let keys = try address("jwks_uri")
        else { throw fault("lacks authorization_endpoint, token_endpoint or jwks_uri") }
        self.issuer = issuer
        self.authorization = authorization
        self.token = token
        self.keys = keys
        userinfo = try address("userinfo_endpoint")
        endSession = try address("end_session_endpoint")
        namesIssuer = json["authorization_response_iss_parameter_supported"]?.flag ?? false
        algorithms = json["id_token_signing_alg_values_supported"]?.elements.map { Set($0.compactMap(\.text)) }
        // Left out, it means basic (section 3).
        takesBasic =
            json["token_endpoint_auth_methods_supported"]?.elements?.contains(.string("client_secret_basic")) ?? true
    }

    /// Where the metadata of an issuer is (section 4).
    static func address(of issuer: String) -> String {
        var base = Substring(issuer)
        while base.hasSuffix("/") { base = base.dropLast() }
        return base + "/.well-known/openid-configuration"
    }
}
