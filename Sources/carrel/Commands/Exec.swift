import ArgumentParser
import CarrelCore
import CarrelServer

struct Exec: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a command inside a workspace, as its app's user; without one, a shell.",
        discussion: """
            Only on the machine that runs carrel serve, for root and the user that runs it. Recorded: who, where, which command, \
            how it ended; not what is typed into it. A terminal if this command has one at both ends. Exit status: the command's \
            own; 1 if it could not be run.
            """
    )

    @OptionGroup var configurationFile: ConfigurationOption

    @Argument(help: "The workspace's id: ws-…")
    var id: String

    @Argument(parsing: .postTerminator, help: "After --: the program and its arguments.")
    var command: [String] = []

    func validate() throws {
        guard WorkspaceID(id) != nil else {
            throw ValidationError("\(id) is no workspace's id: it begins with ws- and has 16 more characters")
        }
    }

    func run() async throws {
        let control = try configurationFile.control()
        let code = try await control.exec(command.isEmpty ? ShellOrder.shell : command, in: id)
        if code != 0 { throw ExitCode(code) }
    }
}
