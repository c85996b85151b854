public import CarrelConfig
public import CarrelCore
import CarrelWorkspaces
import Logging

/// What `carrel check` says of a configuration that is right, and of this machine.
public struct CheckReport: Sendable, Encodable {
    public struct EngineReport: Sendable, Encodable {
        public var name: EngineName
        public var kind: String
        public var findings: [EngineFinding]
    }

    public var file: String
    public var warnings: [ConfigurationProblem]
    /// Of the state directory and the apps' commands.
    public var findings: [EngineFinding]
    public var engines: [EngineReport]

    public var hasErrors: Bool { (findings + engines.flatMap(\.findings)).contains { $0.severity == .error } }

    /// Changes nothing.
    public static func make(of loaded: LoadedConfiguration) async -> CheckReport {
        var engines: [EngineReport] = []
        let quiet = Logger(label: "carrel", factory: { _ in SwiftLogNoOpLogHandler() })
        var trouble: [EngineFinding] = []
        do {
            for engine in try EngineList.make(of: loaded.configuration, state: loaded.state, logger: quiet) {
                var findings = await engine.findings()
                if let homes = await engine.capabilities.homes {
                    let rules = loaded.configuration.homes.filter { $0.engine == engine.name }
                    findings += await rules.quotaFindings(on: homes)
                }
                engines.append(EngineReport(name: engine.name, kind: engine.kind, findings: findings))
            }
        } catch {
            trouble.append(EngineFinding(.error, "\(error)"))
        }
        return CheckReport(
            file: loaded.file,
            warnings: loaded.warnings,
            findings: trouble + loaded.state.findings() + AppCommands.findings(of: loaded.configuration),
            engines: engines
        )
    }

    /// One line each, for people.
    public var lines: [String] {
        var lines = warnings.map { "\($0.description) (warning)" }
        for finding in findings { lines.append("\(finding.severity.rawValue): \(finding.message)") }
        for engine in engines {
            for finding in engine.findings {
                lines.append("engine \(engine.name) (\(engine.kind)): \(finding.severity.rawValue): \(finding.message)")
            }
        }
        lines.append("\(file): " + (hasErrors ? "right in itself, but can't be served here" : "no errors"))
        return lines
    }
}
