import CarrelConfig
import CarrelCore
import Testing

@Suite("Registries of a Docker engine")
struct RegistriesTests {
    private func settings(_ keys: String) throws -> DockerSettings {
        let text = "engines: { far: { kind: docker, \(keys) } }\napps: [{ id: a, engine: far, image: a:1 }]\n"
        let result = Sample.parse(text, environment: ["WORD": "hush"], files: ["/etc/carrel/word": "quiet\n"])
        #expect(result.problems.map(\.description) == [])
        guard case .docker(let settings)? = result.configuration?.engines.first?.settings else {
            throw Sample.NoSuchFile()
        }
        return settings
    }

    @Test("Credentials come from the environment or a file, by registry")
    func credentials() throws {
        let settings = try settings(
            "registries: { \"r.example.org:5000\": { username: a b, password: {env: WORD} }, "
                + "docker.io: { username: c, password: {file: word} } }"
        )
        #expect(settings.registries.count == 2)
        let own = settings.registries["r.example.org:5000"]
        #expect(own == RegistryCredentials(username: "a b", password: Secret("hush")))
        #expect(settings.registries["docker.io"]?.password == Secret("quiet"))
        #expect(!"\(settings)".contains("hush"))
    }

    @Test("Docker's own file may lie elsewhere; a relative path counts from the configuration's")
    func file() throws {
        #expect(try settings("docker-config: docker.json").dockerConfig == "/etc/carrel/docker.json")
        #expect(try settings("slots: /s").dockerConfig == nil)
    }

    @Test("Images are looked for every ten minutes, as often as it says, or never")
    func check() throws {
        #expect(try settings("slots: /s").imageCheck == .seconds(600))
        #expect(try settings("image-check: 1h").imageCheck == .seconds(3600))
        #expect(try settings("image-check: never").imageCheck == nil)
    }

    @Test(
        "What can't be right is said, and a password never repeated",
        arguments: [
            ("image-check: 1s", "is too short"),
            ("image-check: sometimes", "is not a duration"),
            ("registries: { \"http://r.org/v1\": { username: a, password: hush } }", "is not a registry's name"),
            ("registries: { r.org: { username: a } }", "is missing"),
            ("registries: { r.org: { username: a, password: \"hush\\u0001\" } }", "contains a control character"),
        ]
    )
    func wrong(keys: String, what: String) {
        let problems = Sample.problems(
            "engines: { far: { kind: docker, \(keys) } }\napps: [{ id: a, engine: far, image: a:1 }]\n"
        )
        #expect(problems.count == 1)
        #expect(problems.first?.contains(what) == true, "\(problems)")
        #expect(problems.first?.contains("hush") == false)
    }
}
