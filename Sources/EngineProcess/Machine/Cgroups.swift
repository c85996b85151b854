import CLinux
import CarrelCore
import EngineHost
import Glibc

/// The control groups of one deployment: a parent `carrel-<deployment>` in each hierarchy and a group per workspace.
/// Limits come from version 2 where it has the controllers, else from version 1; freezing and killing from version 2
/// wherever it is mounted (a machine may have both).
struct Cgroups: Sendable {
    private static let version2 = UInt64(0x6367_7270)
    private static let version1 = UInt64(0x27_e0eb)

    /// The parent in the version 2 hierarchy.
    private(set) var unified: String?
    private(set) var unifiedControllers: Set<String> = []
    /// The parents in version 1 hierarchies, by controller.
    private(set) var legacy: [String: String] = [:]

    static let none = Cgroups()

    /// Finds what this machine has and makes the parents. What can't be made is left out.
    /// With `trial` nothing is made: it tells what could be.
    static func prepare(parent name: String, at root: String = "/sys/fs/cgroup", trial: Bool = false) -> Cgroups {
        var found = Cgroups()
        for top in [root, root + "/unified"] where clinux_filesystem(top) == version2 {
            guard trial ? access(top, W_OK) == 0 : make(top + "/" + name) else { continue }
            found.unified = top + "/" + name
            if trial {
                let known = SystemFile.read(top + "/cgroup.controllers") ?? ""
                found.unifiedControllers = Set(known.split(whereSeparator: \.isWhitespace).map(String.init))
                continue
            }
            for controller in ["memory", "pids", "cpu"] {
                try? SystemFile.put("+\(controller)", into: top + "/cgroup.subtree_control")
                try? SystemFile.put("+\(controller)", into: top + "/\(name)/cgroup.subtree_control")
            }
            let enabled = SystemFile.read(top + "/\(name)/cgroup.subtree_control") ?? ""
            found.unifiedControllers = Set(enabled.split(whereSeparator: \.isWhitespace).map(String.init))
        }
        for controller in ["memory", "pids", "cpu", "cpuacct", "freezer"] {
            let top = root + "/" + controller
            guard clinux_filesystem(top) == version1 else { continue }
            guard trial ? access(top, W_OK) == 0 : make(top + "/" + name) else { continue }
            found.legacy[controller] = top + "/" + name
        }
        return found
    }

    var canLimit: Bool { limits("memory") && limits("pids") && limits("cpu") }
    var canFreeze: Bool { unified != nil || legacy["freezer"] != nil }

    func limits(_ controller: String) -> Bool {
        unifiedControllers.contains(controller) || legacy[controller] != nil
    }

    /// The group of one workspace; nothing is made yet.
    func group(_ workspace: WorkspaceID) -> Cgroup {
        Cgroup(
            unified: unified.map { "\($0)/\(workspace)" },
            controllers: unifiedControllers,
            legacy: legacy.mapValues { "\($0)/\(workspace)" }
        )
    }

    /// Removes the parents; those that still hold a workspace stay.
    func removeParents() {
        for path in legacy.values + [unified].compactMap({ $0 }) { rmdir(path) }
    }

    fileprivate static func make(_ path: String) -> Bool { mkdir(path, 0o755) == 0 || errno == EEXIST }
}

/// The control group of one workspace, in each hierarchy that there is.
struct Cgroup: Sendable {
    var unified: String?
    var controllers: Set<String>
    var legacy: [String: String]

    private var paths: [String] { legacy.values + [unified].compactMap { $0 } }

    /// Files into which a process writes 0 to join.
    var joins: [String] { paths.map { $0 + "/cgroup.procs" } }
    var killFile: String? { unified.map { $0 + "/cgroup.kill" }.flatMap { SystemFile.exists($0) ? $0 : nil } }
    /// A file with a line `oom_kill N`.
    var memoryEvents: String? {
        if let unified, controllers.contains("memory") { return unified + "/memory.events" }
        return legacy["memory"].map { $0 + "/memory.oom_control" }
    }
    /// File and text that thaw whatever is frozen.
    var thaws: [(file: String, text: String)] {
        [unified.map { ($0 + "/cgroup.freeze", "0") }, legacy["freezer"].map { ($0 + "/freezer.state", "THAWED") }]
            .compactMap { $0 }
    }

    /// Makes the group and sets its limits. A limit that can't be set is an error: a workspace must not run without.
    func make(_ resources: Resources) throws(SystemFile.Failure) {
        for path in paths where mkdir(path, 0o755) < 0 && errno != EEXIST {
            throw SystemFile.Failure(path: path, code: errno)
        }
        if let memory = resources.memory {
            try set("memory", "memory.max", "\(memory)", legacy: "memory.limit_in_bytes", "\(memory)")
            // Swap would stretch the limit; machines without it have no such file.
            try? set("memory", "memory.swap.max", "0", legacy: "memory.memsw.limit_in_bytes", "\(memory)")
        }
        if let processes = resources.processes {
            try set("pids", "pids.max", "\(processes)", legacy: "pids.max", "\(processes)")
        }
        if let cpu = resources.cpu {
            let quota = max(1000, Int(cpu * 100_000))
            try set("cpu", "cpu.max", "\(quota) 100000", legacy: "cpu.cfs_quota_us", "\(quota)")
        }
    }

    private func set(
        _ controller: String,
        _ file: String,
        _ value: String,
        legacy name: String,
        _ old: String
    ) throws(SystemFile.Failure) {
        if let unified, controllers.contains(controller) {
            try SystemFile.put(value, into: unified + "/" + file)
        } else if let path = legacy[controller] {
            try SystemFile.put(old, into: path + "/" + name)
        }
    }

    /// Nil where freezing is not to be had.
    var isFrozen: Bool? {
        if let unified { return SystemFile.read(unified + "/cgroup.freeze")?.first == "1" }
        if let freezer = legacy["freezer"] { return SystemFile.read(freezer + "/freezer.state") != "THAWED\n" }
        return nil
    }

    /// False where freezing is not to be had.
    func freeze(_ frozen: Bool) throws(SystemFile.Failure) -> Bool {
        if let unified {
            try SystemFile.put(frozen ? "1" : "0", into: unified + "/cgroup.freeze")
        } else if let freezer = legacy["freezer"] {
            try SystemFile.put(frozen ? "FROZEN" : "THAWED", into: freezer + "/freezer.state")
        } else {
            return false
        }
        return true
    }

    var processes: [Int32] {
        guard let path = paths.first, let text = SystemFile.read(path + "/cgroup.procs") else { return [] }
        return text.split(separator: "\n").compactMap { Int32($0) }
    }

    /// Removes the group. A group whose last process has only just ended takes a moment; true once all are gone.
    func remove() -> Bool {
        paths.allSatisfy { rmdir($0) == 0 || errno == ENOENT }
    }

    /// Nil where neither version counts for us.
    var reading: (cpu: Duration, memory: Int64, processes: Int)? {
        guard let cpu = cpuTime, let memory = residentMemory else { return nil }
        return (cpu, memory, processes.count)
    }

    private var cpuTime: Duration? {
        if let path = legacy["cpuacct"], let text = SystemFile.read(path + "/cpuacct.usage") {
            return Int64(text.dropLast()).map { .nanoseconds($0) }
        }
        return unified.flatMap { Self.value("usage_usec", in: $0 + "/cpu.stat") }.map { .microseconds($0) }
    }

    private var residentMemory: Int64? {
        if let path = legacy["memory"], let resident = Self.value("total_rss", in: path + "/memory.stat") {
            return resident + (Self.value("total_mapped_file", in: path + "/memory.stat") ?? 0)
        }
        guard let unified, controllers.contains("memory") else { return nil }
        let file = unified + "/memory.stat"
        return Self.value("anon", in: file).map { $0 + (Self.value("file_mapped", in: file) ?? 0) }
    }

    private static func value(_ key: String, in path: String) -> Int64? {
        for line in (SystemFile.read(path) ?? "").split(separator: "\n") {
            let parts = line.split(separator: " ")
            if parts.count == 2, parts[0] == key { return Int64(parts[1]) }
        }
        return nil
    }
}
