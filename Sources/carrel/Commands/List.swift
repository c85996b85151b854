import ArgumentParser
import CarrelServer

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the living workspaces, spares included."
    )

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var json: JSONOption

    @Option(help: "Only those of this member: u-… or provider:name.")
    var user: String?

    func run() async throws {
        let query = user.map { "?user=\(QueryText.encode($0))" } ?? ""
        let body = try await configurationFile.control().send("GET", "/api/v1/workspaces\(query)")
        if json.isOn { return Output.data(body) }
        let rows = try JSONDecoder().decode([WorkspaceRow].self, from: Data(body.utf8))
        Output.table(
            ["ID", "APP", "NAME", "OWNER", "PHASE", "CREATED", "LAST ACTIVE"],
            rows.map { row in
                [
                    row.id, row.app, row.owner == nil ? "-" : row.name ?? "-", row.ownerName ?? row.owner ?? "(spare)",
                    row.phase + (row.reason.map { " (\($0))" } ?? ""), row.createdAt, row.lastActiveAt ?? "-",
                ]
            }
        )
    }
}

/// A workspace as the API tells it.
struct WorkspaceRow: Decodable {
    let id: String
    let app: String
    let name: String?
    let owner: String?
    let ownerName: String?
    let phase: String
    let url: String?
    let reason: String?
    let createdAt: String
    let lastActiveAt: String?
}
