import Yams

/// The file as a tree of YAML nodes.
struct YAMLDocument {
    let root: Node
    /// Keys that were given twice, by the stand-in that the first of each has in the tree.
    let renamed: [String: String]

    /// Nil when there is no tree; then the log says why.
    static func read(_ source: SourceText, into log: inout ProblemLog) -> YAMLDocument? {
        guard let text = readable(source, into: &log) else { return nil }
        var duplicates = DuplicateKeys(text: text)
        while true {
            do {
                // Tags are ours to resolve: the basic resolver takes every scalar as text.
                guard let root = try Yams.compose(yaml: duplicates.text, .basic) else {
                    log.problem("YAML", at: Position(line: 1, column: 1), "the file is empty", emptyRemedy)
                    return nil
                }
                return YAMLDocument(root: root, renamed: duplicates.renamed)
            } catch YamlError.duplicatedKeysInMapping(_, let context) where duplicates.rename(context.mark) {
                continue
            } catch {
                report(error, source, into: &log)
                return nil
            }
        }
    }

    private static let emptyRemedy = "at least the keys engines and apps are needed (see docs/configuration.md)"

    private static func readable(_ source: SourceText, into log: inout ProblemLog) -> String? {
        let start = Position(line: 1, column: 1)
        if source.text.utf8.count > ConfigurationFile.sizeLimit {
            log.problem("YAML", at: start, "the file is larger than 1 MiB", "split off what is not configuration")
            return nil
        }
        if source.text.unicodeScalars.allSatisfy(\.properties.isWhitespace) {
            log.problem("YAML", at: start, "the file is empty", emptyRemedy)
            return nil
        }
        if AliasBound.isExceeded(by: source.text) {
            log.problem(
                "YAML",
                at: start,
                "too many aliases (*name) beside keys that are not plain words",
                "write keys as words"
            )
            return nil
        }
        return source.text
    }

    /// What Yams says, in words for whoever wrote the file.
    private static func report(_ error: any Error, _ source: SourceText, into log: inout ProblemLog) {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            let position = Position(line: mark.line, column: mark.column)
            let lead = source.line(mark.line).prefix { $0 == " " || $0 == "\t" }
            if lead.contains("\t") {
                log.problem("YAML", at: position, "a tab in the indentation", "indent with spaces")
            } else {
                log.problem("YAML", at: position, "not readable: \(problem)", remedy(for: problem))
            }
        case YamlError.reader(let problem, let offset, _, let yaml):
            // The offset counts characters; positions count scalars.
            let scalars = yaml.prefix(offset ?? 0).unicodeScalars.count
            log.problem(
                "YAML",
                at: source.position(ofScalar: scalars),
                "not readable: \(problem)",
                "save the file as UTF-8 text"
            )
        case YamlError.duplicatedKeysInMapping(let keys, let context):
            let position = Position(line: context.mark.line, column: context.mark.column)
            log.problem("YAML", at: position, "\(keys.first ?? "a key") is given twice", "keep one of them")
        default:
            log.problem("YAML", at: Position(line: 1, column: 1), "not readable: \(error)", "check the file's syntax")
        }
    }

    private static func remedy(for problem: String) -> String {
        if problem.contains("another document") { return "remove the line --- : one file is one document" }
        if problem.contains("undefined alias") { return "define it before with &name" }
        if problem.contains("mapping values are not allowed") || problem.contains("expected <block end>")
            || problem.contains("could not find expected ':'")
        {
            return "check the indentation and the colons, and quote texts that contain ': '"
        }
        if problem.contains("cannot start any token") { return "put the text in quotes" }
        if problem.contains("unexpected end") || problem.contains("expected ','") {
            return "close every quote, bracket and brace"
        }
        return "check the line and the one before it"
    }
}
