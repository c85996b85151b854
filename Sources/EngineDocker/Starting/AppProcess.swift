import CarrelCore
import EngineHost

/// What has become of a container's first process, as this machine's own table of processes has it (proc(5)). Asking the
/// engine for it takes a program of its own each time.
enum AppProcess: Equatable {
    /// Not on this machine, or its processes are not to be seen from here.
    case unseen
    /// It has not started the app yet.
    case waiting
    /// The app runs, as this user.
    case running(UserNumbers)

    /// What containers begin with, and what then starts the app.
    static let inits: Set = ["docker-init", "podman-init", "catatonit"]

    /// What makes the container and becomes its first process.
    private static let runtimes: Set = ["crun", "runc"]

    /// Whether a command line is of what comes before the app.
    static func isBeforeApp(_ line: String) -> Bool {
        let program = line.split(separator: " ").first?.split(separator: "/").last.map(String.init) ?? ""
        return runtimes.contains(program) || inits.contains { line.contains($0) }
    }

    /// `container` is its whole id: another process may have the number, where processes have other numbers here.
    static func look(_ pid: Int32, of container: String, in table: String = "/proc") -> AppProcess {
        let first = "\(table)/\(pid)"
        guard let groups = SystemFile.read(first + "/cgroup"), groups.contains(container),
            let name = SystemFile.read(first + "/comm"), inits.contains(name.trimmed),
            let children = SystemFile.read("\(first)/task/\(pid)/children")
        else { return .unseen }
        // A child is the init still until it has become the app.
        for child in children.split(separator: " ").map({ "\(table)/\($0.trimmed)" }) {
            guard let name = SystemFile.read(child + "/comm"), !inits.contains(name.trimmed) else { continue }
            guard let status = SystemFile.read(child + "/status"), let uid = effective("Uid:", status),
                let gid = effective("Gid:", status)
            else { continue }
            return .running(UserNumbers(uid: uid, gid: gid))
        }
        return .waiting
    }

    /// Real, effective, saved, file system's.
    private static func effective(_ title: String, _ status: String) -> UInt32? {
        let line = status.split(separator: "\n").first { $0.hasPrefix(title) }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst(2).first.flatMap { UInt32($0) }
    }
}

extension StringProtocol {
    fileprivate var trimmed: String { String(filter { !$0.isWhitespace }) }
}
