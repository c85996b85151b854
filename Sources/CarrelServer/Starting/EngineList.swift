import CarrelConfig
import CarrelCore
import EngineProcess
import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The configured engines that are built into this version; the others were refused by name before.
enum EngineList {
    static func make(of configuration: Configuration, state: StateDirectory, logger: Logger) -> [any Engine] {
        configuration.engines.compactMap { rule -> (any Engine)? in
            guard case .process(let settings) = rule.settings else { return nil }
            return ProcessEngine(
                name: rule.name,
                deployment: configuration.deployment,
                stateDirectory: state.path,
                settings: ProcessEngineSettings(
                    sandbox: .init(rawValue: settings.sandbox.rawValue) ?? .auto,
                    visible: settings.visible,
                    uids: settings.uids,
                    initProgram: besideThisProgram("carrel-init")
                ),
                logger: logger
            )
        }
    }

    /// A program that is installed in the same directory as this one.
    private static func besideThisProgram(_ name: String) -> String {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return (own.split(separator: "/", omittingEmptySubsequences: false).dropLast() + [name[...]])
            .joined(separator: "/")
    }
}
