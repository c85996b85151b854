import ArgumentParser

@main
struct Carrel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "carrel")
    func run() async throws { print("carrel") }
}
