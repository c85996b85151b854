import ArgumentParser
import CarrelServer

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

struct Open: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask for a workspace on a member's behalf and print its address.",
        discussion: "They are given the one they have, else a ready spare, else a new one or a place in the queue."
    )

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var json: JSONOption

    @Argument(help: "The app's id.")
    var app: String

    @Option(help: "The member: u-… or provider:name.")
    var user: String

    @Option(help: "The workspace's name, where a member has several of an app.")
    var name: String?

    func run() async throws {
        struct Request: Encodable {
            let app: String
            let name: String?
            let user: String
        }
        let request = String(
            decoding: try JSONEncoder().encode(Request(app: app, name: name, user: user)),
            as: UTF8.self
        )
        let body = try await configurationFile.control().send("POST", "/api/v1/workspaces", json: request)
        if json.isOn { return Output.data(body) }
        let workspace = try JSONDecoder().decode(WorkspaceRow.self, from: Data(body.utf8))
        Output.diagnostic("\(workspace.id) is \(workspace.phase)")
        if let url = workspace.url { Output.data(url) }
    }
}
