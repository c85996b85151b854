import CarrelCore

@testable import CarrelIdentity

extension RecordedProvider {
    static let all = [gitlab, google, microsoft, keycloak, cognito, alibaba]

    private static func known(_ issuer: String?) -> RemoteProvider {
        RemoteProvider(issuer: issuer, clientID: "carrel", clientSecret: Secret("canary-client-secret"))
    }

    /// https://docs.gitlab.com/integration/openid_connect_provider/
    static let gitlab = RecordedProvider(
        kind: "gitlab",
        remote: known(nil),
        discovery: "https://gitlab.com/.well-known/openid-configuration",
        metadata: [
            "issuer": "https://gitlab.com", "authorization_endpoint": "https://gitlab.com/oauth/authorize",
            "token_endpoint": "https://gitlab.com/oauth/token",
            "userinfo_endpoint": "https://gitlab.com/oauth/userinfo",
            "jwks_uri": "https://gitlab.com/oauth/discovery/keys", "end_session_endpoint": .null,
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "id_token_signing_alg_values_supported": ["RS256"],
        ],
        claims: [
            "iss": "https://gitlab.com", "sub": "1234567", "sub_legacy": "90a1b2", "auth_time": 1_767_600_000,
            "name": "Ada Lovelace", "nickname": "ada", "preferred_username": "ada", "email": "ada@example.org",
            "email_verified": true, "groups_direct": ["acme"],
        ],
        userinfo: ["name": "Ada Lovelace", "nickname": "ada", "groups": ["acme", "acme/data-science"]],
        subject: "1234567",
        name: "ada",
        display: "Ada Lovelace",
        email: "ada@example.org",
        verified: true,
        groups: ["acme", "acme/data-science"],
        leads: ["https://gitlab.com/oauth/authorize?", "scope=openid%20profile%20email&"],
        signOut: nil
    )

    /// https://developers.google.com/identity/openid-connect/openid-connect
    static let google: RecordedProvider = {
        var remote = known(nil)
        remote.hostedDomain = "example.org"
        return RecordedProvider(
            kind: "google",
            remote: remote,
            discovery: "https://accounts.google.com/.well-known/openid-configuration",
            metadata: [
                "issuer": "https://accounts.google.com",
                "authorization_endpoint": "https://accounts.google.com/o/oauth2/v2/auth",
                "token_endpoint": "https://oauth2.googleapis.com/token",
                "userinfo_endpoint": "https://openidconnect.googleapis.com/v1/userinfo",
                "jwks_uri": "https://www.googleapis.com/oauth2/v3/certs", "end_session_endpoint": .null,
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "id_token_signing_alg_values_supported": ["RS256"],
            ],
            claims: [
                "iss": "https://accounts.google.com", "azp": "carrel", "sub": "10769150350006150715113082367",
                "hd": "example.org", "email": "ada@example.org", "email_verified": true, "name": "Ada Lovelace",
            ],
            userinfo: [
                "name": "Ada Lovelace", "hd": "example.org", "email": "ada@example.org", "email_verified": true,
            ],
            subject: "10769150350006150715113082367",
            name: "ada@example.org",
            display: "Ada Lovelace",
            email: "ada@example.org",
            verified: true,
            groups: [],
            leads: ["https://accounts.google.com/o/oauth2/v2/auth?", "access_type=offline", "&hd=example.org"],
            signOut: nil
        )
    }()

    /// https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc, …/id-token-claims-reference
    static let microsoft: RecordedProvider = {
        var remote = known(nil)
        remote.tenant = "contoso.example"
        return RecordedProvider(
            kind: "microsoft",
            remote: remote,
            discovery: "https://login.microsoftonline.com/contoso.example/v2.0/.well-known/openid-configuration",
            metadata: [
                "issuer": "https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeef/v2.0",
                "authorization_endpoint":
                    "https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeef/oauth2/v2.0/authorize",
                "token_endpoint":
                    "https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeef/oauth2/v2.0/token",
                "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
                "jwks_uri":
                    "https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeef/discovery/v2.0/keys",
                "end_session_endpoint":
                    "https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeef/oauth2/v2.0/logout",
                "token_endpoint_auth_methods_supported": [
                    "client_secret_post", "private_key_jwt", "client_secret_basic",
                ],
                "id_token_signing_alg_values_supported": ["RS256"],
            ],
            claims: [
                "ver": "2.0", "iss": "https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeef/v2.0",
                "tid": "aaaabbbb-0000-cccc-1111-dddd2222eeef", "oid": "11112222-bbbb-3333-cccc-4444dddd5555",
                "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", "preferred_username": "ada@contoso.example",
                "name": "Ada Lovelace", "email": "ada@contoso.example",
                "groups": ["cccc2222-0000-dddd-3333-eeee4444ffff"], "aio": "Df2UVXL1ix",
            ],
            subject: "aaaabbbb-0000-cccc-1111-dddd2222eeef.11112222-bbbb-3333-cccc-4444dddd5555",
            name: "aaaabbbb-0000-cccc-1111-dddd2222eeef.11112222-bbbb-3333-cccc-4444dddd5555",
            display: "Ada Lovelace",
            email: "ada@contoso.example",
            verified: false,
            groups: ["cccc2222-0000-dddd-3333-eeee4444ffff"],
            leads: ["/oauth2/v2.0/authorize?", "offline_access"],
            signOut: "https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeef/oauth2/v2.0/logout"
        )
    }()

    /// https://www.keycloak.org/securing-apps/oidc-layers
    static let keycloak = RecordedProvider(
        kind: "keycloak",
        remote: known("https://id.example.org/realms/team"),
        discovery: "https://id.example.org/realms/team/.well-known/openid-configuration",
        metadata: [
            "issuer": "https://id.example.org/realms/team",
            "authorization_endpoint": "https://id.example.org/realms/team/protocol/openid-connect/auth",
            "token_endpoint": "https://id.example.org/realms/team/protocol/openid-connect/token",
            "userinfo_endpoint": "https://id.example.org/realms/team/protocol/openid-connect/userinfo",
            "jwks_uri": "https://id.example.org/realms/team/protocol/openid-connect/certs",
            "end_session_endpoint": "https://id.example.org/realms/team/protocol/openid-connect/logout",
            "id_token_signing_alg_values_supported": ["PS384", "RS384", "EdDSA", "ES384", "HS256", "RS256", "none"],
            "authorization_response_iss_parameter_supported": true, "backchannel_logout_supported": true,
        ],
        claims: [
            "iss": "https://id.example.org/realms/team", "sub": "f:0c2d:7f1e", "typ": "ID", "azp": "carrel",
            "sid": "6ba7b810-9dad", "acr": "1", "email_verified": false, "name": "Ada Lovelace",
            "preferred_username": "ada", "given_name": "Ada", "family_name": "Lovelace", "email": "ada@example.org",
            "realm_access": ["roles": ["analyst", "offline_access"]],
        ],
        subject: "f:0c2d:7f1e",
        name: "ada",
        display: "Ada Lovelace",
        email: "ada@example.org",
        verified: false,
        groups: ["analyst", "offline_access"],
        leads: ["https://id.example.org/realms/team/protocol/openid-connect/auth?"],
        signOut: "https://id.example.org/realms/team/protocol/openid-connect/logout"
    )

    /// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
    static let cognito: RecordedProvider = {
        let pool = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example"
        let pages = "https://mydomain.auth.us-east-1.amazoncognito.com"
        var remote = known(pool)
        remote.pages = pages
        return RecordedProvider(
            kind: "cognito",
            remote: remote,
            discovery: "\(pool)/.well-known/openid-configuration",
            metadata: [
                "issuer": .string(pool), "authorization_endpoint": .string("\(pages)/oauth2/authorize"),
                "token_endpoint": .string("\(pages)/oauth2/token"),
                "userinfo_endpoint": .string("\(pages)/oauth2/userInfo"),
                "jwks_uri": .string("\(pool)/.well-known/jwks.json"),
                "end_session_endpoint": .string("\(pages)/logout"),
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "id_token_signing_alg_values_supported": ["RS256"],
            ],
            claims: [
                "iss": .string(pool), "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
                "cognito:groups": ["team-a", "team-b"],
                "cognito:username": "ada", "email": "ada@example.org", "email_verified": true, "token_use": "id",
                "auth_time": 1_767_600_000, "origin_jti": "aaaa-1111", "event_id": "64f513be",
            ],
            userinfo: ["email_verified": "true", "email": "ada@example.org", "username": "ada"],
            subject: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
            name: "ada",
            display: "ada",
            email: "ada@example.org",
            verified: true,
            groups: ["team-a", "team-b"],
            leads: ["\(pages)/oauth2/authorize?"],
            signOut: "\(pages)/logout"
        )
    }()

    /// https://www.alibabacloud.com/help/en/ram/user-guide/obtain-user-information-through-oidc
    static let alibaba = RecordedProvider(
        kind: "alibaba",
        remote: known(nil),
        discovery: "https://oauth.alibabacloud.com/.well-known/openid-configuration",
        metadata: [
            "issuer": "https://oauth.alibabacloud.com",
            "authorization_endpoint": "https://signin.alibabacloud.com/oauth2/v1/auth",
            "token_endpoint": "https://oauth.alibabacloud.com/v1/token",
            "jwks_uri": "https://oauth.alibabacloud.com/v1/keys", "userinfo_endpoint": .null,
            "revocation_endpoint": "https://oauth.alibabacloud.com/v1/revoke", "end_session_endpoint": .null,
            "id_token_signing_alg_values_supported": ["RS256"], "scopes_supported": ["openid", "aliuid", "profile"],
            "code_challenge_methods_supported": ["plain", "S256"],
        ],
        claims: [
            "iss": "https://oauth.alibabacloud.com", "sub": "123456789012345", "uid": "223456789012345",
            "aid": "523456789012345", "name": "alice", "upn": "alice@demo.onaliyun.com", "type": "user", "nonce": .null,
        ],
        subject: "123456789012345",
        name: "223456789012345",
        display: "alice",
        email: nil,
        verified: false,
        groups: [],
        leads: ["https://signin.alibabacloud.com/oauth2/v1/auth?", "scope=openid%20aliuid%20profile&"],
        signOut: nil
    )
}
