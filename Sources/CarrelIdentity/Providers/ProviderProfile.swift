/// What one kind of provider does in its own way, as values: `oidc` by the book, and what each preset changes.
struct ProviderProfile: Hashable, Sendable {
    struct Parameter: Hashable, Sendable {
        let name: String
        let value: String
    }

    enum Speech: Hashable, Sendable {
        /// `discovery`: where its metadata is.
        case openID(discovery: String, IssuerRule)
        case oauth2(RemoteProvider.Endpoints, OAuthDialect)
    }

    enum Subject: Hashable, Sendable {
        /// `sub`.
        case standard
        /// `oid` and `tid`: a directory's member, the same for every application (Microsoft).
        case microsoft
    }

    enum Email: Hashable, Sendable {
        /// `email_verified`, which must be true.
        case byClaim(String)
        case neverVerified
    }

    enum SignOut: Hashable, Sendable {
        /// `end_session_endpoint` of the metadata, if there is one.
        case standard
        /// Cognito's pages: `/logout?client_id=…&logout_uri=…`.
        case cognito(pages: String)
        case none
    }

    var speech: Speech
    var scopes: [String]
    var groupsClaim: String?
    /// The first of these that a member has is their name. Each must be unique at the provider.
    var nameClaims: [String] = []
    var subject = Subject.standard
    var email = Email.byClaim("email_verified")
    var parameters: [Parameter] = []
    var asksUserinfo = true
    var signOut = SignOut.standard
    /// Whether the nonce must be in the ID token. Where it need not, it may not differ, and PKCE alone binds the code to
    /// this sign-in (RFC 9700, section 2.1.1).
    var mustEchoNonce = true
    /// Google: `hd` must be this.
    var hostedDomain: String?
    /// `client_secret` in the body, whatever the metadata says.
    var secretInBody = false
    /// Sends PKCE; every provider that does not know it passes it over (RFC 7636, section 5).
    var sendsPKCE = true
}

/// How providers without ID tokens say who somebody is.
enum OAuthDialect: Hashable, Sendable {
    case github(api: String)
    case digitalocean
    case edx(base: String)
    /// One answer with these claims.
    case plain(subject: String, name: String, email: String, emailVerified: String)
}
