import ArgumentParser
import CarrelCore
import CarrelServer

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say why a workspace lives, why it stopped, or why a member was refused.",
        discussion: "From the recorded decisions, newest first, each with what it was decided from."
    )

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var json: JSONOption

    @Argument(help: "A workspace's id (ws-…), or a member (u-… or provider:name).")
    var subject: String

    func validate() throws {
        guard WorkspaceID(subject) == nil, !subject.contains(":"), subject.hasPrefix("ws-") else { return }
        throw ValidationError("\(subject) is no workspace's id: it begins with ws- and has 16 more characters")
    }

    func run() async throws {
        let key = WorkspaceID(subject) == nil ? "user" : "workspace"
        let path = "/api/v1/explain?\(key)=\(QueryText.encode(subject))"
        let body = try await configurationFile.control().send("GET", path)
        if json.isOn { return Output.data(body) }
        let decisions = try JSONDecoder().decode([Decision].self, from: Data(body.utf8))
        guard !decisions.isEmpty else { return Output.diagnostic("Nothing was decided about \(subject) yet.") }
        for decision in decisions {
            let about = key == "user" ? " \(decision.app)" + (decision.workspace.map { " \($0)" } ?? "") : ""
            Output.data("\(decision.at)\(about)  \(decision.verdict.rawValue): \(decision.because)")
            for (name, value) in decision.inputs.sorted(by: { $0.key < $1.key }) {
                Output.data("    \(name): \(value)")
            }
        }
    }
}
