import ArgumentParser
import CarrelCore
import CarrelServer

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Save members, workspaces, the record, keys and the configuration, and with restic members' homes too.",
        discussion: """
            A carrel that runs goes on meanwhile. Whoever can read a backup can be anybody: it holds the keys. Into a restic \
            repository (https://restic.net) homes are saved as well, wherever this machine reaches their files; its password \
            comes from RESTIC_PASSWORD_FILE, RESTIC_PASSWORD or RESTIC_PASSWORD_COMMAND. What the configuration takes from \
            other files and from the environment is not saved.
            """
    )

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var json: JSONOption

    @Argument(
        help: """
            A directory, in which one of its own is made, or a restic repository: restic:/srv/backup, sftp:…, s3:…, rest:…, \
            or the directory of one.
            """,
        completion: .directory
    )
    var place: String

    func run() async throws {
        let report = try await CarrelServer.Backup.run(
            configurationFile.load(),
            to: BackupPlace(place),
            at: SystemClock().now()
        )
        if json.isOn { return try Output.json(report) }
        let saved = report.manifest.homes.count - report.missing.count
        Output.data("Saved to \(report.place): the database, keys and the configuration, and \(saved) homes.")
        for home in report.missing {
            Output.data(
                "Not saved: the home \(home.key.location) of \(home.owner): \(home.because ?? "not known why")."
            )
        }
    }
}
