/// Everything beside the file's text that reading a configuration depends on.
public struct Surroundings: Sendable {
    /// The configuration file's directory, absolute: relative paths count from here.
    public var directory: String
    /// The state directory when the file names none: absolute.
    public var defaultState: String
    /// For `{env: NAME}`.
    public var environment: [String: String]
    /// For `{file: PATH}`; the path is absolute. What it throws is told in the problem.
    public var readFile: @Sendable (String) throws -> String

    public init(
        directory: String,
        defaultState: String,
        environment: [String: String],
        readFile: @escaping @Sendable (String) throws -> String
    ) {
        self.directory = directory
        self.defaultState = defaultState
        self.environment = environment
        self.readFile = readFile
    }

    /// `/var/lib/carrel` for root, else `~/.local/state/carrel`, or what `XDG_STATE_HOME` says.
    public static func defaultState(isRoot: Bool, environment: [String: String]) -> String {
        if isRoot { return "/var/lib/carrel" }
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return state + "/carrel" }
        return (environment["HOME"] ?? "") + "/.local/state/carrel"
    }
}
