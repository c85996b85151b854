import ArgumentParser
import CarrelServer

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say everything that is wrong with the configuration and this machine; change nothing.",
        discussion: "Exit status 2 if the configuration has errors, 1 if an engine can't run here."
    )

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var json: JSONOption

    func run() async throws {
        let loaded = try configurationFile.load().checkingCertificates()
        let report = await CheckReport.make(of: loaded)
        if json.isOn {
            try Output.json(report)
        } else {
            for line in report.lines { Output.data(line) }
        }
        if report.hasErrors { throw ExitCode(1) }
    }
}
