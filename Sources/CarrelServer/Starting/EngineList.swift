import CarrelConfig
import CarrelCore
import EngineDocker
import EngineProcess
import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The configured engines that are built into this version; the others were refused by name before.
enum EngineList {
    static func make(of configuration: Configuration, state: StateDirectory, logger: Logger) throws -> [any Engine] {
        try configuration.engines.compactMap { rule -> (any Engine)? in
            switch rule.settings {
            case .process(let settings): process(rule.name, settings, configuration, state, logger)
            case .docker(let settings): try docker(rule.name, settings, configuration, state, logger)
            case .swarm, .kubernetes, .ec2: nil
            }
        }
    }

    /// Engines that show members what others run in them, as far as the configuration wants that.
    static func listings(
        _ engines: [any Engine],
        _ configuration: Configuration
    ) -> [(engine: EngineName, listing: any ExposedListing)] {
        engines.compactMap { engine in
            guard
                case .docker(let settings)? = configuration.engines.first(where: { $0.name == engine.name })?.settings,
                settings.discover, let listing = engine as? any ExposedListing
            else { return nil }
            return (engine.name, listing)
        }
    }

    private static func process(
        _ name: EngineName,
        _ settings: ProcessSettings,
        _ configuration: Configuration,
        _ state: StateDirectory,
        _ logger: Logger
    ) -> any Engine {
        ProcessEngine(
            name: name,
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

    private static func docker(
        _ name: EngineName,
        _ settings: DockerSettings,
        _ configuration: Configuration,
        _ state: StateDirectory,
        _ logger: Logger
    ) throws -> any Engine {
        let own = "\(state.path)/engines/\(name)"
        var made = DockerEngineSettings(
            address: try settings.remote.map(address) ?? .socket(settings.socket),
            slots: settings.slots ?? own + "/slots",
            subnets: settings.subnets,
            networkDriver: settings.networkDriver,
            networkOptions: settings.networkOptions,
            initProgram: besideThisProgram("carrel-init")
        )
        made.registries = settings.registries.mapValues { .init(username: $0.username, password: $0.password) }
        made.dockerConfig = settings.dockerConfig
        made.imageCheck = settings.imageCheck
        made.discover = settings.discover
        return DockerEngine(
            name: name,
            deployment: configuration.deployment,
            stateDirectory: own,
            settings: made,
            logger: logger
        )
    }

    /// Throws with a sentence if a file can't be read.
    private static func address(_ remote: RemoteDocker) throws -> DockerAddress {
        do {
            return try .tls(
                host: remote.host,
                port: remote.port,
                authorities: remote.authorities,
                certificate: remote.certificate,
                key: remote.key
            )
        } catch {
            throw CarrelError(
                .configuration,
                "The certificates for the container engine can't be read.",
                detail: "\(remote.authorities), \(remote.certificate), \(remote.key)",
                cause: error
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
