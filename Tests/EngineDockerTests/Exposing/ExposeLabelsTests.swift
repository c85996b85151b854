import CarrelCore
import Testing

@testable import EngineDocker

@Suite("Labels say what is shown to members")
struct ExposeLabelsTests {
    private static let right = [
        "org.carrel.expose.name": "grafana", "org.carrel.expose.port": "3000", "org.carrel.expose.access": "*",
    ]

    @Test("Name, port and who may open it are enough")
    func least() throws {
        let said = try ExposeLabels(Self.right)
        #expect(said.name == "grafana" && said.title == "grafana" && said.port == 3000)
        #expect(said.access == nil && said.rule == .strip && said.network == nil && said.deployment == nil)
    }

    @Test("Groups are named with their provider, with commas between them")
    func groups() throws {
        var labels = Self.right
        labels["org.carrel.expose.access"] = " company:data science , company:ops "
        labels["org.carrel.expose.prefix"] = "keep"
        labels["org.carrel.expose.title"] = "Our\n dashboards"
        let said = try ExposeLabels(labels)
        #expect(said.access == AccessRule(users: [], groups: ["company:data science", "company:ops"]))
        #expect(said.rule == .keep && said.title == "Our dashboards")
    }

    @Test(
        "Whatever is missing, wrong or unknown shows nothing to anybody",
        arguments: [
            ("access", nil), ("access", ""), ("access", "ops"), ("access", "company:"), ("access", ":ops"),
            ("access", "company:ops,"), ("access", "*,company:ops"), ("port", nil), ("port", "0"), ("port", "65536"),
            ("port", "http"), ("name", ""), ("name", "Grafana"), ("name", "../etc"), ("name", "-a"),
            ("name", String(repeating: "a", count: 41)), ("prefix", "none"), ("acess", "*"),
        ] as [(String, String?)]
    )
    func wrong(_ key: String, _ value: String?) {
        var labels = Self.right
        labels["org.carrel.expose." + key] = value
        #expect(throws: ExposeLabels.Wrong.self) { try ExposeLabels(labels) }
    }
}
