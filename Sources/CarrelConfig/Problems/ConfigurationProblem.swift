/// One thing that is wrong with a configuration file, and where.
public struct ConfigurationProblem: Hashable, Sendable, Codable, Error {
    /// The file's name as the caller gave it.
    public var file: String
    /// From 1, inside the file.
    public var line: Int
    /// From 1, in Unicode scalars; at most one past the end of the line.
    public var column: Int
    /// Where in the structure: `apps[0].pool.spares`; `YAML` where there is no structure yet.
    public var field: String
    /// What stands there; nil for nothing, and for what must not be shown.
    public var found: String?
    /// What is wrong.
    public var message: String
    /// What would be right.
    public var remedy: String

    public init(
        file: String,
        line: Int,
        column: Int,
        field: String,
        found: String?,
        message: String,
        remedy: String
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.field = field
        self.found = found
        self.message = message
        self.remedy = remedy
    }
}

extension ConfigurationProblem: CustomStringConvertible {
    /// `carrel.yaml:LINE:COLUMN: field: what is wrong, what would be right`
    public var description: String { "\(file):\(line):\(column): \(field): \(message), \(remedy)" }
}

extension ConfigurationProblem: Comparable {
    /// By position, so that a list reads from the top of the file to its end.
    public static func < (left: Self, right: Self) -> Bool {
        (left.line, left.column, left.field, left.message) < (right.line, right.column, right.field, right.message)
    }
}

/// A place in the file, both counted from 1.
public struct Position: Hashable, Sendable, Codable {
    public var line: Int
    public var column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}
