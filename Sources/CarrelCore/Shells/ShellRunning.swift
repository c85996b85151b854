/// Runs an operator's command inside a running workspace, as the one that the workspace runs as.
public protocol ShellRunning: Sendable {
    /// Starts it and hands it to `use`; when that returns, what still runs of it is ended. Throws `notFound` if there is no
    /// such instance, `conflict` if it does not run now, and what `use` throws.
    func run(
        _ order: ShellOrder,
        in workspace: WorkspaceID,
        _ use: @escaping @Sendable (any Shell) async throws -> Void
    ) async throws
}

/// A command that runs.
public protocol Shell: Sendable {
    /// What it writes, as it comes and no faster than it is read, until it ends or the connection to it breaks. Read once.
    var output: any AsyncSequence<ShellOutput, any Error> & Sendable { get }
    /// Returns when it was taken.
    func send(_ bytes: [UInt8]) async throws
    /// Nothing more will be sent: it reads an end.
    func endInput() async throws
    /// Does nothing without a terminal.
    func resize(_ size: TerminalSize) async throws
    /// After `output` ended. Nil if that can't be known.
    func exitCode() async throws -> Int32?
}

/// What is to run.
public struct ShellOrder: Hashable, Sendable, Codable {
    /// Program and arguments.
    public var command: [String]
    /// Nil: no terminal, and its two outputs come apart.
    public var terminal: Terminal?

    public struct Terminal: Hashable, Sendable, Codable {
        /// `TERM`.
        public var kind: String
        public var size: TerminalSize

        public init(kind: String, size: TerminalSize) {
            self.kind = kind
            self.size = size
        }
    }

    public init(command: [String], terminal: Terminal?) {
        self.command = command
        self.terminal = terminal
    }

    /// The best shell that is there.
    public static let shell = ["/bin/sh", "-c", "command -v bash > /dev/null && exec bash -l; exec sh -l"]

    /// In one line, each word that needs it in quotes.
    public var line: String {
        command.map { word in
            let isPlain =
                !word.isEmpty
                && word.utf8.allSatisfy {
                    (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
                        || "-_./=:,@%+".utf8.contains($0)
                }
            return isPlain ? word : "'" + word.replacing("'", with: #"'\''"#) + "'"
        }.joined(separator: " ")
    }
}

/// Characters.
public struct TerminalSize: Hashable, Sendable, Codable {
    public var columns: UInt16
    public var rows: UInt16

    public init(columns: UInt16, rows: UInt16) {
        self.columns = columns
        self.rows = rows
    }
}

public enum ShellOutput: Hashable, Sendable {
    case standard([UInt8])
    case error([UInt8])
}
