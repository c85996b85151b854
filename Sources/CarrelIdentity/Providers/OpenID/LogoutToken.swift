import CarrelCore

/// What a provider says when somebody signed out there (OpenID Connect Back-Channel Logout 1.0, section 2.4).
struct LogoutToken: Hashable, Sendable {
    static let event = "http://schemas.openid.net/event/backchannel-logout"

    /// At least one of the two is there.
    let subject: String?
    let session: String?
    let id: String
    let expires: Timestamp

    /// Throws `untrusted` with what is wrong (section 2.6). The signature is `KeySet`'s.
    init(_ token: SignedToken, issuer: IssuerRule, clientID: String, now: Timestamp) throws(ProviderFault) {
        let claims = token.claims
        guard let text = claims["iss"]?.text, issuer.accepts(text, claims: claims) else {
            throw IDTokenCheck.fault("is of the issuer \(quotedForLog(claims["iss"]?.text))")
        }
        try IDTokenCheck.checkAudience(claims, clientID)
        let moment = Double(now.milliseconds) / 1000
        // `exp` came with the final text; some providers of before don't send it.
        let expires = claims["exp"]?.seconds ?? claims["iat"]?.seconds.map { $0 + 120 }
        guard let issued = claims["iat"]?.seconds, issued < moment + IDTokenCheck.skew, let expires,
            expires > moment - IDTokenCheck.skew
        else { throw IDTokenCheck.fault("has expired, or is not valid yet") }
        // A lapse of hours is nobody's clock: an old token must not sign anyone out anew.
        guard issued > moment - 3600 else { throw IDTokenCheck.fault("is more than an hour old") }
        guard case .object? = claims["events"]?[Self.event] else {
            throw IDTokenCheck.fault("is not about a sign-out (events)")
        }
        guard claims["nonce"] == nil else { throw IDTokenCheck.fault("is an ID token (nonce)") }
        guard let id = claims["jti"]?.text, (1...512).contains(id.utf8.count) else {
            throw IDTokenCheck.fault("has no jti")
        }
        subject = claims["sub"]?.text
        session = claims["sid"]?.text
        guard subject != nil || session != nil, subject.map(IDTokenCheck.isSubject) ?? true,
            (session?.utf8.count ?? 0) <= 512
        else { throw IDTokenCheck.fault("does not say who signed out") }
        self.id = id
        self.expires = Timestamp(milliseconds: Int64(min(expires, moment + 3600) * 1000))
    }
}
