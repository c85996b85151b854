import ArgumentParser
import CarrelServer

struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the version.")

    @OptionGroup var json: JSONOption

    func run() throws {
        if json.isOn { try Output.json(["version": CarrelVersion.text]) } else { Output.data(CarrelVersion.text) }
    }
}
