import CarrelConfig
import CarrelCore
import Testing

@Suite("Secrets")
struct SecretTests {
    private let text = Sample.app(
        """
            environment: { KEY: {env: KEY}, PLAIN: "a {{workspace.id}}" }
            headers: { X-Key: {file: secrets/key} }
        """
    )

    @Test("They come from the environment and from files beside the configuration, as they are, and never print")
    func values() throws {
        let result = Sample.parse(
            text,
            environment: ["KEY": "a{{b"],
            files: ["/etc/carrel/secrets/key": "hush\r\n"]
        )
        let app = try #require(result.configuration?.apps.first)
        #expect(app.environment["KEY"] == .secret(Secret("a{{b")))
        #expect(app.headers["X-Key"] == .secret(Secret("hush")))
        #expect(app.environment["PLAIN"] == .template(try Template("a {{workspace.id}}")))
        #expect(!"\(result)".contains("hush"))
    }

    @Test("What is missing is a problem where it is named")
    func missing() {
        #expect(
            Sample.problems(text) == [
                "carrel.yaml:9:31: apps[0].environment.KEY.env: the environment variable KEY is not set, "
                    + "set it where carrel is started",
                "carrel.yaml:10:30: apps[0].headers.X-Key.file: \"secrets/key\" can't be read (no such file), "
                    + "name a file that carrel may read",
            ]
        )
    }

    @Test("A secret that does not fit is reported without being shown")
    func unfit() {
        let problems = Sample.problems(
            text,
            environment: ["KEY": ""],
            files: ["/etc/carrel/secrets/key": "hush\r\nX-Other: hush"]
        )
        #expect(problems.count == 2)
        #expect(problems.allSatisfy { !$0.contains("hush") })
        #expect(problems.last?.contains("the secret contains a control character or a line break") == true)
        let store = Sample.parse(Sample.app(top: "store: { postgres: \"hush@db\" }")).problems
        #expect(store.count == 1)
        #expect(!"\(store)".contains("hush"))
    }
}
