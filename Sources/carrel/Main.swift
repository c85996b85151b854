import ArgumentParser
import CarrelCore
import CarrelServer

@main
struct Carrel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "carrel",
        abstract: "Private workspaces for every member of a team, behind one sign-in.",
        discussion: "Exit status: 0 done, 1 failed, 2 wrong usage or configuration.",
        version: CarrelVersion.text,
        subcommands: [
            Serve.self, Check.self, Open.self, List.self, Stop.self, Logs.self, Exec.self, Explain.self, Users.self,
            Tokens.self,
            Audit.self, Backup.self, Restore.self, Version.self,
        ]
    )

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            Ending.report(error)
        }
    }
}
