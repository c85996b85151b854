import ArgumentParser
import CarrelCore
import CarrelServer

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How a command ends when it doesn't end well: one sentence to stderr, and the exit status of the contract.
enum Ending {
    static func report(_ error: any Error) -> Never {
        switch error {
        case let problems as ConfigurationRefused:
            Output.diagnostic(problems.description)
            exit(2)
        case let error as CarrelError:
            Output.diagnostic(
                "carrel: \(error.message)" + (error.detail.map { " (\($0))" } ?? "")
                    + (error.cause.map { " (\($0))" } ?? "")
            )
            exit(error.code == .configuration ? 2 : 1)
        case is CancellationError: exit(1)
        // What there is to say was said.
        case let code as ExitCode: exit(code.rawValue)
        // Met only while the command ran: the parser's own come with the usage of their command.
        case let error as ValidationError:
            Output.diagnostic("carrel: \(error.message)")
            exit(2)
        default:
            let status = Carrel.exitCode(for: error)
            if status.isSuccess {
                Output.data(Carrel.fullMessage(for: error))
                exit(0)
            }
            let isUsage = status == .validationFailure
            Output.diagnostic(isUsage ? Carrel.fullMessage(for: error) : "carrel: \(error)")
            exit(isUsage ? 2 : 1)
        }
    }
}
