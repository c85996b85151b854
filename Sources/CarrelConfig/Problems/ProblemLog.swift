/// Collects what is wrong while a file is read, and remembers where each field stands.
struct ProblemLog {
    let source: SourceText
    var problems: [ConfigurationProblem] = []
    var warnings: [ConfigurationProblem] = []
    var positions: [String: Position] = [:]

    init(source: SourceText) { self.source = source }

    /// More than these help nobody.
    private static let limit = 1000

    mutating func problem(
        _ field: String,
        at position: Position,
        found: String? = nil,
        _ message: String,
        _ remedy: String
    ) {
        guard problems.count < Self.limit else { return }
        problems.append(make(field, position, found, message, remedy))
    }

    /// At the field itself, or at the innermost thing around it that stands in the file.
    mutating func problem(_ field: String, found: String? = nil, _ message: String, _ remedy: String) {
        problem(field, at: positions.nearest(to: field), found: found, message, remedy)
    }

    mutating func warning(_ field: String, found: String? = nil, _ message: String, _ remedy: String) {
        guard warnings.count < Self.limit else { return }
        warnings.append(make(field, positions.nearest(to: field), found, message, remedy))
    }

    private func make(_ field: String, _ position: Position, _ found: String?, _ message: String, _ remedy: String)
        -> ConfigurationProblem
    {
        let place = source.inside(line: position.line, column: position.column)
        return ConfigurationProblem(
            file: source.fileName,
            line: place.line,
            column: place.column,
            field: field.isEmpty ? "carrel.yaml" : field,
            found: found,
            message: message,
            remedy: remedy
        )
    }
}
