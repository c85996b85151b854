import ArgumentParser
import CarrelServer

/// What every command takes.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: "The configuration file (default: ./carrel.yaml, then /etc/carrel/carrel.yaml).",
        completion: .file(extensions: ["yaml", "yml"])
    )
    var file: String?

    /// The file's whole content, checked; throws `ConfigurationRefused` with every problem at once.
    func load() throws -> LoadedConfiguration { try LoadedConfiguration.load(file: file) }

    func control() throws -> ControlClient { ControlClient(state: try load().state) }
}

struct JSONOption: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print data as JSON.")
    var isOn = false
}
