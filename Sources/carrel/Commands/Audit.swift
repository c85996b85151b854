import ArgumentParser
import CarrelCore
import CarrelServer

struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the record of what was done and by whom, or verify that nobody changed it."
    )

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var json: JSONOption

    @Flag(help: "Check every hash of every chain instead of printing. Exit status 1 if something was changed.")
    var verify = false

    @Option(help: "Begin after this position.")
    var after: Int64 = 0

    func run() async throws {
        try await OfflineStore.with(configurationFile.load()) { store, _ in
            if verify {
                if let fault = try await store.verifyRecord() { throw CarrelError(.storeDamaged, fault) }
                if json.isOn { try Output.json(["intact": true]) } else { Output.data("The record is whole.") }
                return
            }
            var position = after
            var isFirst = true
            if json.isOn { Output.raw("[") }
            while true {
                let page = try await store.record(after: position, limit: 500)
                for line in page.entries {
                    if json.isOn {
                        Output.raw((isFirst ? "\n" : ",\n") + (try Output.jsonLine(line)))
                    } else {
                        print(line)
                    }
                    isFirst = false
                }
                guard page.entries.count == 500 else { break }
                position = page.next
            }
            if json.isOn { Output.raw("\n]\n") }
        }
    }

    private func print(_ line: ChainedEntry) {
        let entry = line.entry
        let subjects = [entry.workspace?.description, entry.user?.description].compactMap { $0 }
        let details = entry.details.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let words = [entry.at.description, entry.kind, "by \(entry.actor.description)"] + subjects + details
        Output.data(words.joined(separator: "  "))
    }
}
