import ArgumentParser
import CarrelServer

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the hub and the gateway until SIGTERM or SIGINT; SIGHUP reloads the configuration.",
        discussion: "Workspaces live on while carrel is away and are taken up again by the next serve."
    )

    @OptionGroup var configurationFile: ConfigurationOption

    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel = "info"

    @Flag(
        help: """
            Take over from the carrel that runs now without dropping a connection. It goes on if this one can't start; \
            if none runs, this one starts as always.
            """
    )
    var takeover = false

    func run() async throws {
        let logger = try ServerLog.make(level: logLevel)
        try await Server.run(configurationFile.load(), takesOver: takeover, logger: logger)
    }
}
