import CarrelConfig
import CarrelTesting
import Testing

@Suite("Any text")
struct MutationTests {
    private static let words = [
        "\t", "[", "]", "{", "}", ":", "- ", "\n", "*a", "&a ", "!x ", "\"", "'", "{{", "}}", "|\n", ">\n", "#", "? ",
        "<<: ",
        "~", "null", "-1", "99999999999999999999", "1e999", "\u{0}", "\u{85}", "\u{FEFF}", "é", "𝄞", "%", "@", "`",
        "---\n", "...",
        "apps", "engines: ", "kind: docker", "{env: X}", "{file: /x}",
    ]

    @Test("Random changes of a good file never crash, and every problem stands inside the file", arguments: 0..<20)
    func mutations(round: UInt64) {
        let seed = UInt64.random(in: 0..<(.max)) ^ round
        var random = SeededRandom(seed: seed)
        for _ in 0..<100 {
            var scalars = Array(Sample.contract.unicodeScalars)
            for _ in 0..<Int.random(in: 1...6, using: &random) { Self.mutate(&scalars, &random) }
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars)
            let text = String(view)
            let result = Sample.parse(text, environment: ["GITLAB_SECRET": "hush"])
            #expect((result.configuration == nil) == !result.problems.isEmpty, "seed \(seed)")
            let refused = result.configuration?.unsupported() ?? []
            for problem in result.problems + result.warnings + refused {
                #expect(Self.isInside(problem, text), "seed \(seed): \(problem)")
                #expect(!problem.description.contains("\n"), "seed \(seed): \(problem)")
            }
        }
    }

    private static func mutate(_ scalars: inout [Unicode.Scalar], _ random: inout SeededRandom) {
        let start = Int.random(in: 0..<max(1, scalars.count), using: &random)
        let end = min(scalars.count, start + Int.random(in: 0...12, using: &random))
        switch Int.random(in: 0..<5, using: &random) {
        case 0: scalars.removeSubrange(min(start, end)..<end)
        case 1:
            scalars.insert(
                contentsOf: scalars[min(start, end)..<end],
                at: Int.random(in: 0...scalars.count, using: &random)
            )
        case 2: scalars.removeLast(min(scalars.count, Int.random(in: 0...40, using: &random)))
        default:
            scalars.insert(
                contentsOf: Array((words.randomElement(using: &random) ?? "").unicodeScalars),
                at: min(start, scalars.count)
            )
        }
    }

    private static func isInside(_ problem: ConfigurationProblem, _ text: String) -> Bool {
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.indices.contains(problem.line - 1) else { return false }
        return (1...lines[problem.line - 1].count + 1).contains(problem.column)
    }
}
