import ArgumentParser
import CarrelCore
import CarrelServer

struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring a backup back onto a machine without a Carrel; what is there already is never written over.",
        discussion: """
            The state directory and homes are brought to where the configuration says. Workspaces that ran when the backup was \
            made are ended by the next carrel serve, for their instances are not here.
            """
    )

    @Option(
        name: .customLong("config"),
        help: "Where the configuration goes (default: where it was). One that is there already counts, and stays.",
        completion: .file(extensions: ["yaml", "yml"])
    )
    var file: String?

    @Option(help: "The snapshot's id in a restic repository (default: Carrel's latest).")
    var snapshot: String?

    @OptionGroup var json: JSONOption

    @Argument(
        help: "A directory that carrel backup made, or a restic repository, as for carrel backup.",
        completion: .directory
    )
    var place: String

    func run() async throws {
        let report = try await CarrelServer.Restore.run(from: BackupPlace(place), snapshot: snapshot, file: file)
        if json.isOn { return try Output.json(report) }
        Output.data(
            "Restored the backup of \(report.manifest.at): the database and keys in \(report.state), \(report.restored) homes."
        )
        Output.data(
            report.keepsConfiguration
                ? "\(report.configuration) was there already and stays as it is."
                : "The configuration is \(report.configuration)."
        )
        for home in report.missing {
            Output.data(
                "Not restored: the home \(home.key.location) of \(home.owner): \(home.because ?? "not known why")."
            )
        }
    }
}
