public import CarrelConfig
import CarrelCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Everything that is wrong with a configuration file, each with its line and column.
public struct ConfigurationRefused: Error, CustomStringConvertible {
    public let problems: [ConfigurationProblem]

    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// A configuration file that was read and found to be right, with all that this version can do.
public struct LoadedConfiguration: Sendable {
    /// As given on the command line or found.
    public let file: String
    public let configuration: Configuration
    public private(set) var warnings: [ConfigurationProblem]

    /// Where things are kept; nothing is created by asking.
    public var state: StateDirectory { StateDirectory(existing: configuration.state) }

    static let places = ["carrel.yaml", "/etc/carrel/carrel.yaml"]
    /// A larger file is no configuration.
    static let largest = 1 << 20

    /// Reads `file`, or the first of the usual places that exists.
    /// Throws `CarrelError` (`configuration`) if there is none, `ConfigurationRefused` with every problem at once.
    public static func load(file: String?) throws -> LoadedConfiguration {
        let path = try file ?? found()
        let text = try read(path)
        let environment = ProcessInfo.processInfo.environment
        let directory = URL(filePath: path).absoluteURL.deletingLastPathComponent().path(percentEncoded: false)
        let result = ConfigurationFile.parse(
            text: text,
            fileName: path,
            surroundings: Surroundings(
                directory: directory.count > 1 && directory.hasSuffix("/") ? String(directory.dropLast()) : directory,
                defaultState: Surroundings.defaultState(isRoot: geteuid() == 0, environment: environment),
                environment: environment,
                readFile: { try read($0) }
            )
        ).refusingUnsupported()
        guard let configuration = result.configuration else {
            throw ConfigurationRefused(problems: result.problems)
        }
        return LoadedConfiguration(file: path, configuration: configuration, warnings: result.warnings)
    }

    /// Looks at the certificates too, which only who serves them must be able to read. Throws `ConfigurationRefused`.
    public func checkingCertificates() throws -> LoadedConfiguration {
        var checked = self
        checked.warnings += try ListenerCertificates(configuration).warnings(configuration)
        checked.warnings.sort()
        return checked
    }

    private static func found() throws -> String {
        guard let place = places.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            throw CarrelError(
                .configuration,
                "There is no configuration: looked for ./carrel.yaml and /etc/carrel/carrel.yaml; name one with --config"
            )
        }
        return place
    }

    private static func reason(_ path: String) -> String {
        var about = stat()
        guard stat(path, &about) == 0 else { return String(cString: strerror(errno)) }
        if about.st_mode & S_IFMT == S_IFDIR { return "it is a directory" }
        return access(path, R_OK) == 0 ? "its file system failed" : String(cString: strerror(errno))
    }

    private static func read(_ path: String) throws -> String {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw CarrelError(.configuration, "\(path) can't be read: \(reason(path))")
        }
        guard data.count <= largest else {
            throw CarrelError(.configuration, "\(path) has \(data.count) bytes: a configuration has at most \(largest)")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw CarrelError(.configuration, "\(path) is not UTF-8 text")
        }
        return text
    }
}
