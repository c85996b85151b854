import ArgumentParser
import CarrelServer

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Say everything that is wrong with the configuration and this machine; change nothing unless asked to try.",
        discussion: "Exit status 2 if the configuration has errors, 1 if an engine can't run here."
    )

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var json: JSONOption

    @Option(
        name: .customLong("try"),
        help: """
            Start a throw-away spare of this app, hand it over, open a page and a WebSocket, end it, and tell what is left \
            or missing on this machine. A carrel that runs is not touched.
            """
    )
    var app: String?

    @Option(help: "With --try: the path of a WebSocket of the app, which must open then.")
    var websocket: String?

    func validate() throws {
        if websocket != nil, app == nil { throw ValidationError("--websocket needs --try APP") }
    }

    func run() async throws {
        let loaded = try configurationFile.load().checkingCertificates()
        if let app { return try await tryOut(app, loaded) }
        let report = await CheckReport.make(of: loaded)
        if json.isOn {
            try Output.json(report)
        } else {
            for line in report.lines { Output.data(line) }
        }
        if report.hasErrors { throw ExitCode(1) }
    }

    private func tryOut(_ app: String, _ loaded: LoadedConfiguration) async throws {
        let isJSON = json.isOn
        let report = try await TryApp.run(loaded, app: app, websocket: websocket) { step in
            if !isJSON { Output.data(step.line) }
        }
        if isJSON { try Output.json(report) }
        if report.hasFailed { throw ExitCode(1) }
    }
}
