import CarrelConfig
import CarrelCore
import Foundation
import Testing

/// `CARREL_WRITE_GENERATED=1 swift test --filter GeneratedFilesTests` writes them anew.
@Suite("Files made from the definitions")
struct GeneratedFilesTests {
    private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private let writes = ProcessInfo.processInfo.environment["CARREL_WRITE_GENERATED"] != nil

    @Test("The JSON Schema is up to date")
    func schema() throws {
        let file = root.appending(path: "schema/carrel.schema.json")
        if writes { try ConfigurationSchema.json().write(to: file, atomically: true, encoding: .utf8) }
        #expect(try String(contentsOf: file, encoding: .utf8) == ConfigurationSchema.json())
    }

    @Test("The JSON Schema is JSON")
    func json() throws {
        let object = try JSONSerialization.jsonObject(with: Data(ConfigurationSchema.json().utf8))
        #expect((object as? [String: Any])?["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
    }

    @Test("The reference in the documentation is up to date")
    func reference() throws {
        let file = root.appending(path: "docs/configuration.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let begin = try #require(text.range(of: ConfigurationReference.begin))
        let end = try #require(text.range(of: ConfigurationReference.end))
        let expected = "\n\n" + ConfigurationReference.markdown() + "\n"
        if writes {
            let whole = text[..<begin.upperBound] + expected + text[end.lowerBound...]
            try String(whole).write(to: file, atomically: true, encoding: .utf8)
        } else {
            #expect(text[begin.upperBound..<end.lowerBound] == expected)
        }
    }

    @Test("Every example parses, is built in, and has no warning")
    func examples() throws {
        let directory = root.appending(path: "examples")
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path()).filter {
            $0.hasSuffix(".yaml")
        }
        #expect(names.contains("laptop.yaml"))
        for name in names {
            let text = try String(contentsOf: directory.appending(path: name), encoding: .utf8)
            let surroundings = Surroundings(
                directory: "/checkout/examples",
                defaultState: "/var/lib/carrel",
                environment: [:],
                readFile: { _ in "" }
            )
            let result = ConfigurationFile.parse(text: text, fileName: name, surroundings: surroundings)
            #expect(result.refusingUnsupported().problems.map(\.description) == [])
            #expect(result.warnings.map(\.description) == [])
            #expect(result.configuration?.apps.isEmpty == false)
        }
    }

    @Test("The laptop example keeps everything under the checkout, whatever its folder")
    func laptop() throws {
        let text = try String(contentsOf: root.appending(path: "examples/laptop.yaml"), encoding: .utf8)
        let surroundings = Surroundings(
            directory: "/checkout/examples",
            defaultState: "/var/lib/carrel",
            environment: [:],
            readFile: { _ in "" }
        )
        let result = ConfigurationFile.parse(text: text, fileName: "laptop.yaml", surroundings: surroundings)
        let configuration = try #require(result.configuration)
        #expect(configuration.state == "/checkout/state")
        let commands = configuration.apps.map { $0.command.map(\.description) }
        #expect(commands.map(\.first) == ["/checkout/state/venv/bin/jupyter-lab", "/checkout/state/venv/bin/shiny"])
        #expect(commands.last?.last == "/checkout/examples/shiny/app.py")
        #expect(configuration.apps.allSatisfy { $0.pool.spares > 0 })
    }
}
