import ArgumentParser

/// A password from standard input: never from an argument, which every process of the machine could read.
enum PasswordInput {
    static func read() throws -> String {
        guard let line = readLine(strippingNewline: true), !line.isEmpty else {
            throw ValidationError("Standard input has no password: give it as the first line")
        }
        return line
    }
}
