import CarrelConfig
import CarrelCore
import Testing

@Suite("Providers that are asked over the network")
struct ProviderChecksTests {
    private static func sample(_ provider: String, listener: String = "") -> String {
        Sample.app(
            top: """
                \(listener)
                sign-in:
                  providers:
                    - { id: company, \(provider), client-id: c, client-secret: {env: S} }
                """
        )
    }

    private static func findings(_ provider: String, listener: String = "") -> [String] {
        let result = Sample.parse(sample(provider, listener: listener), environment: ["S": "hush"])
        return result.problems.map(\.message) + result.warnings.map(\.message)
    }

    @Test("Whom a provider allows, what names members, and how soon they are asked about, are kept")
    func kept() throws {
        let text = Self.sample(
            "kind: keycloak, issuer: 'https://id.example.org/realms/x', groups-claim: realm_access.roles, "
                + "name-claim: preferred_username, recheck: 90s, "
                + "allow: { groups: ['company:staff'], emails: ['*@example.org'], domains: [Example.org] }"
        )
        let rule = try #require(Sample.parse(text, environment: ["S": "hush"]).configuration?.signIn.providers.first)
        #expect(rule.groupsClaim == "realm_access.roles")
        #expect(rule.nameClaim == "preferred_username")
        #expect(rule.recheck == .seconds(90))
        #expect(
            rule.allow == AllowSettings(groups: ["company:staff"], emails: ["*@example.org"], domains: ["example.org"])
        )
        #expect(rule.clientSecret == Secret("hush"))
    }

    @Test(
        "What can't be right is told",
        arguments: [
            (
                "kind: oidc, issuer: 'http://id.example.org'",
                "secrets and passwords would cross the network unencrypted"
            ),
            (
                "kind: oidc, issuer: 'https://id.example.org', allow: { groups: ['other:staff'] }",
                "\"other:staff\" is another provider's group, which members of company never have"
            ),
            (
                "kind: oidc, issuer: 'https://id.example.org', scopes: [profile]",
                "lacks openid, without which the provider does not say who somebody is"
            ),
            ("kind: google", "everybody in the world who has an account there may sign in here"),
            ("kind: github", "everybody in the world who has an account there may sign in here"),
            ("kind: gitlab", "everybody in the world who has an account there may sign in here"),
            ("kind: microsoft, tenant: common", "everybody in the world who has an account there may sign in here"),
        ]
    )
    func told(provider: String, message: String) {
        #expect(Self.findings(provider) == [message])
    }

    @Test(
        "What can be right is not",
        arguments: [
            "kind: oidc, issuer: 'http://127.0.0.1:8100'", "kind: oidc, issuer: 'http://[::1]:8100'",
            "kind: oidc, issuer: 'https://id.example.org', scopes: [openid, groups]",
            "kind: google, hosted-domain: example.org", "kind: google, allow: { domains: [example.org] }",
            "kind: github, allow: { groups: ['company:acme'] }", "kind: github, issuer: 'https://github.example.org'",
            "kind: gitlab, issuer: 'https://gitlab.example.org'", "kind: microsoft, tenant: contoso.example",
        ]
    )
    func fine(provider: String) {
        #expect(Self.findings(provider).isEmpty)
    }

    @Test("A listener for everybody without a public name is warned about, for providers need one")
    func publicName() {
        let listener = "listeners: { users: { bind: '0.0.0.0:8080', tls: { certificate: c.pem, key: k.pem } } }"
        let provider = "kind: oidc, issuer: 'https://id.example.org'"
        #expect(Self.findings(provider, listener: listener).contains { $0.hasPrefix("without public-url") })
        #expect(!Self.findings(provider).contains { $0.hasPrefix("without public-url") })
    }
}
