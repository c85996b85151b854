import ArgumentParser
import CarrelServer

struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the version.")

    // Taken, though not needed: every command takes it.
    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var json: JSONOption

    func run() throws {
        if json.isOn { try Output.json(["version": CarrelVersion.text]) } else { Output.data(CarrelVersion.text) }
    }
}
