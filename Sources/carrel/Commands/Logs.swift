import ArgumentParser
import CarrelCore
import CarrelServer

struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what a workspace's app wrote; also of an ended one."
    )

    @OptionGroup var configurationFile: ConfigurationOption

    @Argument(help: "The workspace's id: ws-…")
    var id: String

    @Option(help: "How many lines from the end, 1 to 10000.")
    var lines = 100

    @Flag(help: "Go on with what is written from now on, until it ends.")
    var follow = false

    func validate() throws {
        guard WorkspaceID(id) != nil else {
            throw ValidationError("\(id) is no workspace's id: it begins with ws- and has 16 more characters")
        }
        guard (1...10_000).contains(lines) else { throw ValidationError("--lines takes 1 to 10000") }
    }

    func run() async throws {
        let control = try configurationFile.control()
        Output.raw(try await control.send("GET", "/api/v1/workspaces/\(id)/logs?lines=\(lines)"))
        guard follow else { return }
        let events = EventStreamText()
        try await control.stream("/api/v1/workspaces/\(id)/logs?follow=1") { part in
            for line in events.lines(in: part) { Output.data(line) }
        }
    }
}
