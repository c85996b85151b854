import CarrelCore
import Crypto
import Synchronization

@testable import CarrelIdentity

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An OpenID provider that keeps the rules (codes work once, PKCE and the client's secret are checked) unless a test
/// makes it do otherwise.
final class ScriptedProvider: ProviderHTTP {
    struct Grant: Sendable {
        var subject: String
        var nonce: String?
        var challenge: String?
        var callback: String
    }

    struct State: Sendable {
        var issuer: String
        var clientID = "carrel"
        var clientSecret = "canary-client-secret"
        var key = TestKey.rsa()
        var algorithm = SignatureAlgorithm.rs256
        /// Nil: the key alone.
        var keys: [JSONValue]?
        var metadata: [String: JSONValue] = [:]
        /// Laid over an ID token's claims; `.null` removes one.
        var claims: [String: JSONValue] = [:]
        var header: [String: JSONValue] = [:]
        /// The last word about an ID token.
        var token: (@Sendable (String) -> String)?
        var userinfo: [String: JSONValue] = [:]
        /// Laid over a token endpoint's answer; `.null` removes one.
        var answer: [String: JSONValue] = [:]
        var refreshGivesIDToken = true
        /// In place of an endpoint's answer: `metadata`, `keys`, `token`, `userinfo`.
        var instead: [String: ProviderResponse] = [:]
        var fails: [String: ProviderFault] = [:]
        /// Subjects whose refresh tokens are not good any more.
        var removed: Set<String> = []
        /// What a refresh token that is not good is answered with.
        var refusal = "invalid_grant"
        var codes: [String: Grant] = [:]
        var spent: Set<String> = []
        var access: [String: String] = [:]
        var refresh: [String: String] = [:]
        var made = 0
        var asked: [String: Int] = [:]
        var urls: [String] = []
        /// Runs while an endpoint is asked.
        var during: [String: @Sendable () async -> Void] = [:]
    }

    let state: Mutex<State>
    let clock: any WallClock

    init(issuer: String = "https://id.example.org", clock: any WallClock) {
        state = Mutex(State(issuer: issuer))
        self.clock = clock
    }

    func change(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }
    func count(_ endpoint: String) -> Int { state.withLock { $0.asked[endpoint] ?? 0 } }

    // MARK: What a browser does there

    /// Signs `subject` in and returns what the browser brings back.
    func visit(_ address: String, as subject: String = "ada") -> AuthorizationAnswer {
        let fields = Self.fields(address.split(separator: "?", maxSplits: 1).last ?? "")
        return state.withLock { state in
            state.made += 1
            let code = "canary-code-\(state.made)"
            state.codes[code] = Grant(
                subject: subject,
                nonce: fields["nonce"],
                challenge: fields["code_challenge"],
                callback: fields["redirect_uri"] ?? ""
            )
            return AuthorizationAnswer(
                code: code,
                state: fields["state"],
                issuer: state.metadata["authorization_response_iss_parameter_supported"] == true
                    ? state.description["issuer"]?.text : nil,
                error: nil,
                errorDescription: nil
            )
        }
    }

    static func fields(_ query: some StringProtocol) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { part in
                decoded(part)
            }
            fields[parts[0]] = parts.count > 1 ? parts[1] : ""
        }
        return fields
    }

    private static func decoded(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? 32 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: What Carrel asks

    func send(_ request: ProviderRequest) async throws(ProviderFault) -> ProviderResponse {
        let endpoint = state.withLock { $0.endpoint(request.url) }
        let (instead, fails, during) = state.withLock { state in
            state.asked[endpoint, default: 0] += 1
            state.urls.append(request.url)
            return (state.instead[endpoint], state.fails[endpoint] ?? state.fails["*"], state.during[endpoint])
        }
        await during?()
        if let fails { throw fails }
        if let instead { return instead }
        switch endpoint {
        case "metadata": return Self.json(state.withLock { $0.description })
        case "keys": return Self.json(["keys": .array(state.withLock { $0.keys ?? [$0.key.published] })])
        case "token": return token(request)
        case "userinfo": return userinfo(request)
        default: throw ProviderFault(.unavailable, "nobody scripted \(request.url)")
        }
    }

    private func token(_ request: ProviderRequest) -> ProviderResponse {
        let fields = Self.fields(request.form ?? "")
        return state.withLock { state in
            let basic = Data("\(state.clientID):\(state.clientSecret)".utf8).base64EncodedString()
            let isClient =
                request.headers.contains { $0.name == "Authorization" && $0.value == "Basic \(basic)" }
                || (fields["client_id"] == state.clientID && fields["client_secret"] == state.clientSecret)
            guard isClient else { return Self.error("invalid_client", 401) }
            if let code = fields["code"], fields["grant_type"] == "authorization_code" {
                guard let grant = state.codes.removeValue(forKey: code), grant.callback == fields["redirect_uri"],
                    grant.challenge.map({ $0 == Authorization.challenge(fields["code_verifier"] ?? "") }) ?? true
                else { return Self.error("invalid_grant", 400) }
                return state.grant(to: grant.subject, nonce: grant.nonce, now: clock.now(), withID: true)
            }
            if let token = fields["refresh_token"], let subject = state.refresh.removeValue(forKey: token),
                !state.removed.contains(subject)
            {
                return state.grant(to: subject, nonce: nil, now: clock.now(), withID: state.refreshGivesIDToken)
            }
            return Self.error(state.refusal, 400)
        }
    }

    private func userinfo(_ request: ProviderRequest) -> ProviderResponse {
        let token = request.headers.first { $0.name == "Authorization" }?.value.dropFirst("Bearer ".count)
        return state.withLock { state in
            guard let token, let subject = state.access[String(token)] else { return ProviderResponse(status: 401) }
            var claims: [String: JSONValue] = ["sub": .string(subject)]
            claims.merge(state.userinfo) { $1 }
            return Self.json(.object(claims.filter { $0.value != .null }))
        }
    }

    static func json(_ value: JSONValue, status: Int = 200) -> ProviderResponse {
        ProviderResponse(status: status, contentType: "application/json", body: Array(JSONText.of(value).utf8))
    }

    static func error(_ code: String, _ status: Int) -> ProviderResponse {
        json(["error": .string(code), "error_description": "as scripted"], status: status)
    }
}

extension ScriptedProvider.State {
    /// The metadata.
    var description: JSONValue {
        let own: [String: JSONValue] = [
            "issuer": .string(issuer), "authorization_endpoint": .string("\(issuer)/authorize"),
            "token_endpoint": .string("\(issuer)/token"), "jwks_uri": .string("\(issuer)/keys"),
            "userinfo_endpoint": .string("\(issuer)/userinfo"), "end_session_endpoint": .string("\(issuer)/end"),
        ]
        return .object(own.merging(metadata) { $1 }.filter { $0.value != .null })
    }

    /// What an address is in the metadata's words.
    func endpoint(_ url: String) -> String {
        if url.hasSuffix("/.well-known/openid-configuration") { return "metadata" }
        let names = ["token": "token_endpoint", "keys": "jwks_uri", "userinfo": "userinfo_endpoint"]
        return names.first { description[$0.value]?.text == url }?.key ?? url
    }

    func idClaims(_ subject: String, nonce: String?, now: Timestamp) -> JSONValue {
        let seconds = Int(now.milliseconds / 1000)
        var own: [String: JSONValue] = [
            "iss": .string(issuer), "aud": .string(clientID), "sub": .string(subject),
            "iat": .number("\(seconds)"), "exp": .number("\(seconds + 300)"),
        ]
        own["nonce"] = nonce.map { .string($0) }
        return .object(own.merging(claims) { $1 }.filter { $0.value != .null })
    }

    mutating func grant(to subject: String, nonce: String?, now: Timestamp, withID: Bool) -> ProviderResponse {
        made += 1
        let (access, refresh) = ("canary-access-\(made)", "canary-refresh-\(made)")
        self.access[access] = subject
        self.refresh[refresh] = subject
        var answer: [String: JSONValue] = [
            "access_token": .string(access), "refresh_token": .string(refresh), "token_type": "Bearer",
            "expires_in": 300,
        ]
        if withID {
            let token = try? key.token(idClaims(subject, nonce: nonce, now: now), algorithm, header: header)
            answer["id_token"] = token.map { .string(self.token?($0) ?? $0) }
        }
        answer.merge(self.answer) { $1 }
        return ScriptedProvider.json(.object(answer.filter { $0.value != .null }))
    }
}
