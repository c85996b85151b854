import CLinux
import CarrelCore
import EngineHost
import Glibc

extension ProcessEngine {
    /// What `prepare` would find here, told without making a directory, a group, a rule or a mount.
    func surveyed() async -> [EngineFinding] {
        var found = Machine()
        found.isRoot = geteuid() == 0
        do {
            try checkInitProgram()
            try found.findSandbox(settings.sandbox)
        } catch {
            return found.findings + [EngineFinding(.error, Self.sentence(error))]
        }
        let firewall = firewall
        let group = cgroupParent
        let state = directories.state
        let probe = found
        let surveyed = try? await blocking {
            var machine = probe
            machine.findCgroups(parent: group, trial: true)
            machine.findNetwork(firewall, trial: true)
            machine.findMounts {
                let result = clinux_can_attach(Self.existing(state))
                return result == 0 ? nil : String(cString: strerror(-result))
            }
            return machine
        }
        var machine = surveyed ?? probe
        noteClosedParent(&machine)
        return machine.findings
    }

    private static func sentence(_ error: any Error) -> String {
        guard let error = error as? CarrelError else { return "\(error)" }
        return error.message + (error.detail.map { " (\($0))" } ?? "")
    }

    /// The nearest directory on the way to `path` that is there already.
    private static func existing(_ path: String) -> String {
        var parts = path.split(separator: "/")
        while !parts.isEmpty {
            let candidate = "/" + parts.joined(separator: "/")
            if SystemFile.exists(candidate) { return candidate }
            parts.removeLast()
        }
        return "/"
    }
}
