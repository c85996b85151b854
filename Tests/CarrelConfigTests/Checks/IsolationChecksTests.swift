import CarrelConfig
import CarrelTesting
import Testing

@Suite("Names of their own for workspaces, in the configuration")
struct IsolationChecksTests {
    private func parsed(_ isolation: String, hub: String? = "https://work.example.org") -> ConfigurationFile.Result {
        let listener = hub.map { "listeners: { users: { public-url: '\($0)' } }\n" } ?? ""
        return Sample.parse(Sample.app(top: "isolation: { \(isolation) }\n" + listener))
    }

    @Test("A second name, and names below a domain, are built in")
    func builtIn() throws {
        for mode in ["host", "subdomain"] {
            let result = parsed("mode: \(mode), domain: Work-Content.example")
            #expect(result.problems.isEmpty && result.warnings.isEmpty)
            let configuration = try #require(result.configuration)
            #expect(configuration.isolation.mode.rawValue == mode)
            #expect(configuration.isolation.domain == "work-content.example")
            #expect(configuration.unsupported().isEmpty)
        }
    }

    @Test("Carrel's own name must be known: it is what requests are told apart by")
    func publicURL() throws {
        let problems = parsed("mode: subdomain, domain: w.example", hub: nil).problems.map(\.description)
        #expect(problems.count == 1)
        #expect(try #require(problems.first).contains("say it with listeners.users.public-url: https://…"))
        #expect(parsed("mode: path", hub: nil).problems.isEmpty)
    }

    @Test("Carrel's own name can't be the workspaces' too", arguments: ["host", "subdomain"])
    func same(mode: String) {
        let problems = parsed("mode: \(mode), domain: WORK.example.org").problems
        #expect(problems.map(\.field) == ["isolation.domain"])
    }

    @Test(
        "A domain below or above carrel's own name is warned of: its pages can set cookies for the hub",
        arguments: [("content.work.example.org", "below"), ("example.org", "above")]
    )
    func tossing(domain: String, place: String) throws {
        for mode in ["host", "subdomain"] {
            let result = parsed("mode: \(mode), domain: \(domain)")
            #expect(result.problems.isEmpty)
            #expect(result.warnings.map(\.field) == ["isolation.domain"])
            #expect(try #require(result.warnings.first).description.contains("is \(place) carrel's own name"))
        }
    }

    @Test("What only looks like it is not", arguments: ["homework.example.org", "ample.org", "work.example.org.net"])
    func lookAlikes(domain: String) {
        let result = parsed("mode: subdomain, domain: \(domain)")
        #expect(result.problems.isEmpty && result.warnings.isEmpty)
    }

    @Test("A reload does not change it")
    func reload() throws {
        let path = try #require(parsed("mode: path").configuration)
        let names = try #require(parsed("mode: subdomain, domain: w.example").configuration)
        #expect(names.changesNeedingRestart(comparedTo: path) == ["isolation"])
        #expect(names.changesNeedingRestart(comparedTo: names).isEmpty)
    }
}
