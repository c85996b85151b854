import CarrelCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A request to a token endpoint (RFC 6749, sections 4.1.3 and 6), and its answer.
struct TokenExchange: Sendable {
    struct Answer: Sendable {
        var access: String
        var idToken: String?
        var refresh: String?
        /// Seconds.
        var expiresIn: Double?
        /// As the provider granted them; nil: as they were asked for.
        var scope: String?
    }

    /// Longest token that is kept, in bytes.
    private static let longest = 1 << 15

    let url: String
    let clientID: String
    let clientSecret: Secret
    let secretInBody: Bool

    func request(_ fields: [(String, String)]) -> ProviderRequest {
        var fields = fields
        var headers: [(name: String, value: String)] = [("Accept", "application/json")]
        if secretInBody {
            fields += [("client_id", clientID), ("client_secret", clientSecret.reveal())]
        } else {
            // Each half is form-encoded first (section 2.3.1).
            let pair = "\(FormText.encode(clientID)):\(FormText.encode(clientSecret.reveal()))"
            headers.append(("Authorization", "Basic \(Data(pair.utf8).base64EncodedString())"))
        }
        return ProviderRequest(url: url, headers: headers, form: FormText.encode(fields))
    }

    func code(_ code: String, callback: String, verifier: String) -> ProviderRequest {
        request([
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", callback),
            ("code_verifier", verifier),
        ])
    }

    func refresh(_ token: String) -> ProviderRequest {
        request([("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    /// Throws `spent` for a code or token that is not good, `configuration` where the client is not, else `untrusted`
    /// or `unavailable`.
    static func answer(_ response: ProviderResponse, to request: ProviderRequest) throws(ProviderFault) -> Answer {
        guard response.status < 500, response.status != 429 else {
            throw ProviderFault(.unavailable, "the token endpoint answered \(response.status)")
        }
        guard let json = try? JSONReader.value(response.body), case .object = json else {
            throw ProviderFault(.unavailable, "the token endpoint answered \(response.status) without JSON")
        }
        // Some say what is wrong with 200 (GitHub).
        if let error = json["error"]?.text { throw fault(error, json["error_description"]?.text, request) }
        guard response.status == 200 else {
            throw ProviderFault(.untrusted, "the token endpoint answered \(response.status)")
        }
        guard let access = json["access_token"]?.text, isToken(access),
            json["token_type"]?.text?.lowercased() ?? "bearer" == "bearer"
        else { throw ProviderFault(.untrusted, "the token endpoint gave no bearer token") }
        let refresh = json["refresh_token"]?.text
        return Answer(
            access: access,
            idToken: json["id_token"]?.text,
            refresh: refresh.flatMap { isToken($0) ? $0 : nil },
            expiresIn: json["expires_in"]?.seconds ?? json["expires_in"]?.text.flatMap { Double($0) },
            scope: json["scope"]?.text
        )
    }

    private static func fault(_ error: String, _ description: String?, _ request: ProviderRequest) -> ProviderFault {
        let isRefresh = request.form?.hasPrefix("grant_type=refresh_token&") == true
        let kind: ProviderFault.Kind =
            switch error {
            // A refresh looks the same for everybody: what is wrong is whose it is (canaille, for a member who was removed).
            case "invalid_request" where isRefresh: .spent
            case "invalid_grant", "bad_verification_code", "bad_refresh_token": .spent
            case "temporarily_unavailable", "server_error", "slow_down": .unavailable
            default: .configuration
            }
        return ProviderFault(kind, "the token endpoint says \(quotedForLog(error)): \(quotedForLog(description))")
    }

    /// What can stand in a header.
    private static func isToken(_ text: String) -> Bool {
        (1...longest).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    }
}
