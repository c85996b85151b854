import ArgumentParser
import CarrelCore
import CarrelServer

struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stop workspaces. Their homes stay.",
        discussion: "Returns once they are being taken down; `carrel ls` shows what is left."
    )

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var json: JSONOption

    @Argument(help: "Ids of workspaces: ws-…")
    var ids: [String]

    func validate() throws {
        for id in ids where WorkspaceID(id) == nil {
            throw ValidationError("\(id) is no workspace's id: it begins with ws- and has 16 more characters")
        }
    }

    func run() async throws {
        let control = try configurationFile.control()
        for id in ids {
            let body = try await control.send("DELETE", "/api/v1/workspaces/\(id)")
            if json.isOn { Output.data(body) } else { Output.diagnostic("\(id) is being stopped") }
        }
    }
}
