import CLinux
import CarrelConfig
import CarrelCore
import EngineDocker
import EngineProcess
import Glibc
import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a trial has on this machine: looked for, told, and taken away.
struct Remains {
    struct Home {
        let location: String
        let kind: HomeRule.Kind

        init(of use: HomeUse, member: UserID) {
            kind = use.rule.kind
            location = use.rule.location.expanded([
                .userID: member.description, .workspaceName: WorkspaceName.unnamed.description,
            ])
        }
    }

    /// The trial's own.
    let configuration: Configuration
    /// Its member's; nil: it came not so far.
    let home: Home?

    /// Takes away everything; returns what should not have been there any more, or could not be taken away.
    func clear() async throws -> [String] {
        var left: [String] = []
        let quiet = Logger(label: "carrel", factory: { _ in SwiftLogNoOpLogHandler() })
        let state = StateDirectory(existing: configuration.state)
        for engine in try EngineList.make(of: configuration, state: state, logger: quiet) {
            try await engine.prepare()
            for instance in try await engine.instances() {
                left.append("the workspace \(instance.workspace)")
                try await engine.destroy(instance.workspace, grace: .zero)
            }
            if let docker = engine as? DockerEngine {
                if let home, home.kind == .volume { try await docker.removeVolume(home.location) }
                try await docker.dismantle()
            }
            try await (engine as? ProcessEngine)?.dismantle()
        }
        if let home, home.kind == .directory, access(home.location, F_OK) == 0 { left += remove(home.location) }
        let mounts = Self.mounts(below: configuration.state)
        left += mounts.map { "the mount \($0)" }
        return mounts.isEmpty ? left + remove(configuration.state) : left
    }

    /// What trials left that were interrupted. One that still runs is left alone.
    static func sweep(_ loaded: LoadedConfiguration, app: App) async throws {
        let state = loaded.configuration.state
        for name in (try? FileManager.default.contentsOfDirectory(atPath: state)) ?? [] where name.hasPrefix("try-") {
            let scratch = "\(state)/\(name)"
            guard let lock = try? StateDirectory(existing: scratch).lock() else { continue }
            let trial = loaded.configuration.trying(app, in: scratch, deployment: name)
            _ = try await Remains(configuration: trial, home: nil).clear()
            lock.release()
        }
    }

    private func remove(_ path: String) -> [String] {
        let result = clinux_remove_tree(path)
        return result == 0 ? [] : ["\(path) (\(String(cString: strerror(-result))))"]
    }

    private static func mounts(below path: String) -> [String] {
        let table = (try? String(contentsOfFile: "/proc/self/mounts", encoding: .utf8)) ?? ""
        return table.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            return words.count > 1 && words[1].hasPrefix(path + "/") ? String(words[1]) : nil
        }
    }
}
