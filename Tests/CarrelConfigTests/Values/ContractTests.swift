import CarrelConfig
import CarrelCore
import Testing

@Suite("The contract's carrel.yaml")
struct ContractTests {
    private func contract() throws -> Configuration {
        let result = Sample.parse(Sample.contract, environment: ["GITLAB_SECRET": "hush"])
        #expect(result.problems.isEmpty)
        #expect(result.warnings.isEmpty)
        return try #require(result.configuration)
    }

    @Test("Every section arrives as it was written")
    func sections() throws {
        let configuration = try contract()
        #expect(configuration.state == "/var/lib/carrel")
        #expect(configuration.deployment == "main")
        #expect(configuration.store == .sqlite)
        #expect(configuration.users.bind == "0.0.0.0:8080")
        #expect(configuration.users.publicOrigin == "https://work.example.org")
        #expect(configuration.users.tls == TLSFiles(certificate: "/etc/carrel/tls/c.pem", key: "/etc/carrel/tls/k.pem"))
        #expect(configuration.users.trustedProxies == ["10.0.0.0/8"])
        #expect(configuration.operators.bind == "127.0.0.1:9080")
        #expect(configuration.limits.headerTimeout == .seconds(10))
        #expect(configuration.limits.idleTimeout == .seconds(3600))
        #expect(configuration.isolation.mode == .path)
        #expect(configuration.signIn.sessionLifetime == .seconds(43_200))
        #expect(configuration.signIn.defaultApp == AppID("jupyter"))
        #expect(configuration.signIn.providers.map(\.kind) == [.gitlab, .local])
        #expect(configuration.signIn.providers[0].clientSecret == Secret("hush"))
        #expect(configuration.signIn.operators.groups == ["company:platform"])
        #expect(configuration.engines.map(\.kind) == [.docker, .process])
        #expect(configuration.homes.map(\.kind) == [.volume])
        #expect(configuration.poolService?.provider == "company")
        #expect(configuration.positions["apps[0].pool.spares"] == Position(line: 36, column: 21))
    }

    @Test("Every key of the app arrives as it was written")
    func app() throws {
        let app = try #require(contract().apps.first)
        #expect(app.image == "carrel/jupyter:1")
        #expect(app.command.map(\.description) == ["start-jupyter", "--ServerApp.base_url={{workspace.path}}"])
        #expect(app.environment["JUPYTER_TOKEN"] == .template(try Template("{{workspace.token}}")))
        #expect(app.port == 8888)
        #expect(app.ports == ["versions": 2310])
        #expect(app.prefix == .keep)
        #expect(app.ready == ReadyCheck(path: "/api/status", within: .seconds(60)))
        #expect(app.home?.rule.id == "team")
        #expect(app.home?.mount == "/home/member")
        #expect(app.resources == Resources(cpu: 2, memory: 4 << 30, gpus: 0, processes: 512))
        #expect(app.pool == PoolPolicy(spares: 3, max: 40, maxAge: .seconds(86_400)))
        #expect(app.idle.after == .seconds(1800))
        #expect(app.idle.ignore.count == 5)
        #expect(app.idle.busy.cpu == 0.05)
        #expect(app.idle.busy.probe == BusyProbe(path: "/api/kernels", any: ["execution_state": "busy"]))
        #expect(app.lifetime == .seconds(86_400))
        #expect(app.access == AccessRule(groups: ["company:data-science"]))
        #expect(app.limitPerMember == 2)
        #expect(app.egress == .internet)
        #expect(app.labels == ["purpose": "analysis"])
    }

    @Test("This version has everything that the contract's example asks for")
    func unsupported() throws {
        let result = Sample.parse(Sample.contract, environment: ["GITLAB_SECRET": "hush"]).refusingUnsupported()
        #expect(result.configuration != nil)
        #expect(result.problems.map(\.description) == [])
    }

    @Test("A version that has everything refuses nothing")
    func everythingBuiltIn() throws {
        let everything = BuiltIn(
            engines: Set(EngineRule.Kind.allCases),
            providers: Set(ProviderRule.Kind.allCases),
            isolation: Set(IsolationRule.Mode.allCases),
            postgres: true,
            tls: true,
            egressLists: [.docker],
            gpus: [.docker]
        )
        #expect(try contract().unsupported(by: everything).isEmpty)
    }

    @Test("The least that can be said gives defaults that work on one machine")
    func defaults() throws {
        let result = Sample.parse(Sample.app())
        let configuration = try #require(result.configuration)
        #expect(result.refusingUnsupported().problems.isEmpty)
        #expect(result.warnings.isEmpty)
        #expect(configuration.state == "/var/lib/carrel")
        #expect(configuration.users.bind == "127.0.0.1:8080")
        #expect(configuration.operators.bind == "127.0.0.1:9080")
        #expect(configuration.users.publicOrigin == nil)
        #expect(configuration.signIn.providers.map(\.id) == ["local"])
        #expect(configuration.signIn.providers.map(\.kind) == [.local])
        let settings = ProcessSettings(sandbox: .auto, visible: [], uids: 60_001...64_999)
        #expect(configuration.engines.map(\.settings) == [.process(settings)])
        let app = try #require(configuration.apps.first)
        #expect(app.title == "desk")
        #expect(app.egress == .internet)
        #expect(app.pool == PoolPolicy(spares: 0, max: nil, maxAge: nil))
        #expect(app.idle == IdlePolicy(after: nil, busy: BusyPolicy(cpu: 0.05, over: .seconds(120))))
    }
}
