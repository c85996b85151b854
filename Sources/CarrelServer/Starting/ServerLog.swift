import CarrelCore
public import Logging

/// The one logger set-up: a line each to stderr.
public enum ServerLog {
    /// Throws a sentence for an unknown level.
    public static func make(level: String) throws -> Logger {
        guard let level = Logger.Level(rawValue: level) else {
            let known = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw CarrelError(.configuration, "\(level) is no log level: use one of \(known)")
        }
        return Logger(label: "carrel") { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
    }
}
