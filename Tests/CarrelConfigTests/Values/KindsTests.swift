import CarrelConfig
import CarrelCore
import Testing

@Suite("Everything that later versions will have parses today")
struct KindsTests {
    @Test(
        "Every kind of engine keeps its keys and is refused by name",
        arguments: [
            ("{ kind: swarm, constraints: [node.labels.gpu == yes], network: carrel }", "swarm"),
            ("{ kind: kubernetes, namespace: carrel, storage-class: fast }", "kubernetes"),
            ("{ kind: ec2, region: eu-west-1, instance-type: t3.medium, security-groups: [sg-1] }", "ec2"),
        ]
    )
    func engines(engine: String, kind: String) throws {
        let result = Sample.parse("engines: { far: \(engine) }\napps: [{ id: a, engine: far, image: a:1, port: 80 }]\n")
        #expect(result.problems.isEmpty)
        let configuration = try #require(result.configuration)
        #expect(configuration.engines.map(\.kind.rawValue) == [kind])
        let refused = configuration.unsupported()
        #expect(refused.map(\.message) == ["\(kind): not built into this version"])
        #expect(refused.map(\.column) == [25])
    }

    @Test(
        "Every kind of sign-in provider is built in and keeps its keys",
        arguments: [
            "kind: oidc, issuer: 'https://id.example.org'", "kind: gitlab", "kind: github",
            "kind: microsoft, tenant: example.org", "kind: google", "kind: keycloak, issuer: 'https://k/realms/x'",
            "kind: cognito, issuer: 'https://c.example'", "kind: alibaba", "kind: digitalocean",
            "kind: edx, issuer: 'https://e.example'",
            "kind: oauth2, authorization-endpoint: 'https://o/a', token-endpoint: 'https://o/t', "
                + "userinfo-endpoint: 'https://o/u'",
        ]
    )
    func providers(provider: String) throws {
        let text = Sample.app(
            top: "sign-in: { providers: [{ id: far, \(provider), client-id: c, client-secret: {env: S} }] }"
        )
        let result = Sample.parse(text, environment: ["S": "hush"])
        #expect(result.problems.isEmpty)
        let configuration = try #require(result.configuration)
        let kind = try #require(configuration.signIn.providers.first?.kind.rawValue)
        #expect(provider.hasPrefix("kind: \(kind)"))
        #expect(configuration.unsupported().isEmpty)
    }

    @Test("Postgres, lists of networks and graphics processors are kept, and refused by name")
    func others() throws {
        let text = Sample.app(
            "    network: { egress: [10.0.0.0/8, 192.0.2.7] }\n    resources: { gpus: 1 }",
            top: """
                store: { postgres: "postgres://carrel@db/carrel" }
                """
        )
        let configuration = try #require(Sample.parse(text).configuration)
        #expect(configuration.store == .postgres(Secret("postgres://carrel@db/carrel")))
        #expect(configuration.apps[0].egress == .only(["10.0.0.0/8", "192.0.2.7/32"]))
        let refused = configuration.unsupported()
        #expect(
            refused.map(\.field) == ["apps[0].network.egress", "apps[0].resources.gpus", "store"]
        )
        #expect(refused.map(\.line) == [9, 10, 11])
    }
}
