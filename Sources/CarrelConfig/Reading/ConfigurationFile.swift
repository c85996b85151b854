/// Reads `carrel.yaml`. Pure: nothing is read but the text and the surroundings.
public enum ConfigurationFile {
    /// The largest text that is looked at, in bytes.
    public static let sizeLimit = 1 << 20

    public struct Result: Sendable {
        /// Nil exactly when there are problems.
        public var configuration: Configuration?
        /// Everything that is wrong, from the top of the file to its end.
        public var problems: [ConfigurationProblem]
        /// What works and is probably not what was meant.
        public var warnings: [ConfigurationProblem]

        /// With what `builtIn` lacks among the problems.
        public func refusingUnsupported(by builtIn: BuiltIn = .thisVersion) -> Result {
            let refused = configuration?.unsupported(by: builtIn) ?? []
            guard !refused.isEmpty else { return self }
            return Result(configuration: nil, problems: (problems + refused).sorted(), warnings: warnings)
        }
    }

    /// Every problem at once; `fileName` is only for messages.
    public static func parse(text: String, fileName: String, surroundings: Surroundings) -> Result {
        let source = SourceText(text: text, fileName: fileName)
        var log = ProblemLog(source: source)
        guard let document = YAMLDocument.read(source, into: &log) else {
            return Result(configuration: nil, problems: log.problems.sorted(), warnings: [])
        }
        var checker = Checker(log: log, surroundings: surroundings, renamed: document.renamed)
        let root = checker.check(document.root, .object(Definitions.root), at: "")
        log = checker.log
        var configuration: Configuration?
        if let root {
            var builder = Builder(log: log, surroundings: surroundings)
            configuration = builder.configuration(from: root)
            log = builder.log
        }
        let problems = log.problems.sorted()
        return Result(
            configuration: problems.isEmpty ? configuration : nil,
            problems: problems,
            warnings: log.warnings.sorted()
        )
    }
}
