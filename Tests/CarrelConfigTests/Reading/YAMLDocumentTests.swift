import CarrelConfig
import CarrelCore
import Testing

@Suite("The file as YAML")
struct YAMLDocumentTests {
    @Test("An empty file says what is needed", arguments: ["", "\n\n", "# only a comment\n", "---\n"])
    func empty(text: String) {
        let problems = Sample.parse(text).problems
        #expect(problems.count == 1)
        #expect(problems.first?.remedy.contains("engines") == true || problems.first?.message == "has no value")
    }

    @Test("A tab in the indentation is named")
    func tab() {
        let problems = Sample.problems("engines:\n\there: { kind: process }\n")
        #expect(problems == ["carrel.yaml:2:1: YAML: a tab in the indentation, indent with spaces"])
    }

    @Test(
        "A syntax error has the position where reading stopped",
        arguments: [
            ("apps: [", 2), ("a: b: c\n", 1), ("state: \"x\n", 2), ("x: *nowhere\n", 1), ("a: 1\n---\nb: 2\n", 2),
        ]
    )
    func syntax(text: String, line: Int) {
        let problems = Sample.parse(text).problems
        #expect(problems.map(\.field) == ["YAML"])
        #expect(abs((problems.first?.line ?? 99) - line) <= 1)
    }

    @Test("A key that is given twice is named at its second place, and everything else is checked as well")
    func duplicates() {
        let problems = Sample.problems(
            """
            deployment: main
            engines: { here: { kind: process } }
            apps: []
            deployment: other
            stat: /x
            "apps": []
            """
        )
        #expect(
            problems == [
                "carrel.yaml:4:1: deployment: is given twice (also on line 1), keep one of them",
                "carrel.yaml:5:1: stat: unknown key, did you mean state?",
                "carrel.yaml:6:1: apps: is given twice (also on line 3), keep one of them",
            ]
        )
    }

    @Test("Aliases and merged keys mean what they stand for")
    func aliases() throws {
        let text = """
            engines: { here: { kind: process } }
            apps:
              - &first { id: a, engine: here, command: [serve, "{{workspace.port}}"], title: First }
              - { <<: *first, id: b }
            """
        let configuration = try #require(Sample.parse(text).configuration)
        #expect(configuration.apps.map(\.id.description) == ["a", "b"])
        #expect(configuration.apps.map(\.title) == ["First", "First"])
    }

    @Test("Aliases of aliases of aliases are cut off, as values and as keys", .timeLimit(.minutes(1)))
    func bombs() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...30 {
            let before = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(before)]\n"
        }
        let asValue = "engines: { here: { kind: process, visible: *a30 } }\napps: *a30\n"
        #expect(!Sample.parse(text + asValue).problems.isEmpty)
        for asKey in ["? *a30\n: 1\n", "*a30 : 1\n", "x: { [*a30]: 1 }\n", "x: [*a30 : 1]\n"] {
            #expect(Sample.parse(text + asKey).problems.contains { $0.message.contains("too many aliases") })
        }
        let list = "x: &x [a, a, a, a, a, a, a, a, a, a]\n"
        let wide = list + "y: &y [*x, *x, *x, *x, *x, *x, *x, *x, *x, *x]\n"
        #expect(Sample.parse(wide).problems.allSatisfy { $0.message == "unknown key" || $0.message == "is missing" })
    }

    @Test("A file larger than 1 MiB is not looked at")
    func size() {
        let problems = Sample.problems("# " + String(repeating: "x", count: 1 << 20))
        #expect(
            problems == ["carrel.yaml:1:1: YAML: the file is larger than 1 MiB, split off what is not configuration"]
        )
    }

    @Test("Deep nesting is refused, not followed", arguments: ["[", "{a: ", "- "])
    func depth(open: String) {
        #expect(!Sample.parse(String(repeating: open, count: 100_000)).problems.isEmpty)
    }

    @Test("Words that YAML 1.1 takes for booleans stay words; tags of other programs are refused")
    func scalars() throws {
        let off = "engines: { here: { kind: process, sandbox: off } }\napps: []\n"
        let settings = try #require(Sample.parse(off).configuration?.engines.first?.settings)
        #expect(settings == .process(ProcessSettings(sandbox: .off, visible: [], uids: 60_001...64_999)))
        #expect(
            Sample.problems("deployment: !Ref main\n" + off) == [
                "carrel.yaml:1:13: deployment: has the tag !Ref, which means nothing here, remove the tag"
            ]
        )
    }
}
