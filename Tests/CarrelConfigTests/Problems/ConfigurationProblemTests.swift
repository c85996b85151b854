import CarrelConfig
import Testing

@Suite("A problem")
struct ConfigurationProblemTests {
    private func problem(_ line: Int, _ column: Int, _ field: String = "state") -> ConfigurationProblem {
        ConfigurationProblem(
            file: "carrel.yaml",
            line: line,
            column: column,
            field: field,
            found: "7",
            message: "is a number",
            remedy: "give a directory"
        )
    }

    @Test("It prints as file, line, column, field, what is wrong and what would be right")
    func description() {
        #expect(problem(3, 9).description == "carrel.yaml:3:9: state: is a number, give a directory")
    }

    @Test("Problems sort by their place in the file")
    func order() {
        let sorted = [problem(10, 1), problem(2, 5), problem(2, 4), problem(2, 4, "apps")].sorted()
        #expect(
            sorted.map { "\($0.line):\($0.column) \($0.field)" } == [
                "2:4 apps", "2:4 state", "2:5 state", "10:1 state",
            ]
        )
    }

    @Test("Thousands of wrong keys are cut off at a number that somebody may read")
    func limit() {
        let keys = (0..<20_000).map { "zz\($0): 1" }.joined(separator: "\n")
        #expect(Sample.parse(keys).problems.count == 1000)
    }
}
