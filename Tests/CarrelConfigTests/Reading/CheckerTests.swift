import CarrelConfig
import CarrelCore
import Testing

@Suite("The structure")
struct CheckerTests {
    @Test("All problems come at once, from the top to the end, each with field, position and what would be right")
    func allAtOnce() {
        let problems = Sample.problems(
            """
            deplyment: main
            engines:
              here: { kind: proces }
            apps:
              - id: Big App
                engine: here
                pool:
                  spares: many
                  spare: 2
                resources: { memory: 4GB, cpu: 0 }
                prefix: cut
                ready: nothing
              - engine: here
            """
        )
        #expect(
            problems == [
                "carrel.yaml:1:1: deplyment: unknown key, did you mean deployment?",
                "carrel.yaml:3:17: engines.here.kind: \"proces\" is not known here, did you mean process?",
                "carrel.yaml:5:9: apps[0].id: \"Big App\" is not a valid name, give at most 40 lower-case "
                    + "letters, digits "
                    + "and hyphens that begin with a letter or digit",
                "carrel.yaml:8:15: apps[0].pool.spares: \"many\" is not a whole number, give a whole number "
                    + "from 0 to 10000",
                "carrel.yaml:9:7: apps[0].pool.spare: unknown key, did you mean spares?",
                "carrel.yaml:10:26: apps[0].resources.memory: \"4GB\" is not a size, give a size from 1Mi, "
                    + "such as 512Mi, "
                    + "4Gi or a number of bytes",
                "carrel.yaml:10:36: apps[0].resources.cpu: \"0\" is too small, give a number from 0.01 to 4096.0",
                "carrel.yaml:11:13: apps[0].prefix: \"cut\" is not known here, give one of keep, strip",
                "carrel.yaml:12:12: apps[0].ready: is a text, give a mapping with the keys path, within",
                "carrel.yaml:13:5: apps[1].id: is missing, add it: The app's name in addresses, in the API and "
                    + "on labels.",
            ]
        )
    }

    @Test(
        "An unknown key gets the nearest known one, also where it belongs deeper",
        arguments: [
            ("    enviroment: {}", "did you mean environment?"), ("    life_time: 1h", "did you mean lifetime?"),
            ("    spares: 2", "did you mean pool.spares?"), ("    readyness: {}", "see docs/configuration.md"),
            ("    per-member: 2", "did you mean limits.per-member?"), ("    zzzzzz: 1", "see docs/configuration.md"),
        ]
    )
    func suggestions(key: String, remedy: String) throws {
        let problem = try #require(Sample.parse(Sample.app(key)).problems.first)
        #expect(problem.message == "unknown key")
        #expect(problem.remedy.hasPrefix(remedy))
    }

    @Test(
        "A value of another type says what stands there",
        arguments: [
            ("    title: [a]", "is a list"), ("    title: 7", "\"7\" is a number, not a text"),
            ("    title:", "has no value"),
            ("    pool: 3", "is a number"), ("    origins: x", "is a text"),
            ("    pool: { spares: 2.5 }", "\"2.5\" is not a whole number"),
            ("    pool: { spares: true }", "\"true\" is not a whole number"),
            ("    resources: { cpu: .inf }", "\".inf\" is not a number"),
            ("    ready: { within: 60 }", "\"60\" has no unit"),
            ("    environment: { A: {} }", "has neither of the keys env or file"),
        ]
    )
    func types(key: String, message: String) {
        #expect(Sample.parse(Sample.app(key)).problems.map(\.message) == [message])
    }

    @Test("Environment variables and labels may be written as numbers and booleans")
    func anyScalar() throws {
        let text = Sample.app(
            "    environment: { OMP_NUM_THREADS: 1, DEBUG: true, RATE: 0.5 }\n    labels: { tier: 3 }"
        )
        let app = try #require(Sample.parse(text).configuration?.apps.first)
        #expect(app.environment["OMP_NUM_THREADS"] == .template(try Template("1")))
        #expect(app.environment["DEBUG"] == .template(try Template("true")))
        #expect(app.labels == ["tier": "3"])
    }
}
