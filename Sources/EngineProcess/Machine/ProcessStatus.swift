import EngineHost

/// One line of `/proc/<pid>/stat` (proc(5)): what names a process for ever and how much it used.
struct ProcessStatus {
    var pid: Int32
    var parent: Int32
    var state: Character
    /// Clock ticks since boot.
    var started: UInt64
    /// Clock ticks of CPU.
    var ticks: UInt64
    /// Pages.
    var resident: Int64

    /// Nil if there is no such process.
    init?(pid: Int32) {
        guard let line = SystemFile.read("/proc/\(pid)/stat"), let name = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: name)...].split(separator: " ")
        guard fields.count > 21, let state = fields[0].first, let parent = Int32(fields[1]),
            let user = UInt64(fields[11]), let system = UInt64(fields[12]), let started = UInt64(fields[19]),
            let resident = Int64(fields[21])
        else { return nil }
        self.pid = pid
        self.parent = parent
        self.state = state
        self.started = started
        ticks = user + system
        self.resident = resident
    }

    /// Ended, though its parent has not asked yet.
    var isDead: Bool { state == "Z" || state == "X" }

    /// All descendants of `root`, itself not included.
    static func descendants(of root: Int32) -> [ProcessStatus] { ProcessTable.now().descendants(of: root) }
}

/// Every process of this machine at one moment.
struct ProcessTable {
    private let children: [Int32: [ProcessStatus]]

    static func now() -> ProcessTable {
        let all = SystemFile.names(in: "/proc").compactMap { Int32($0) }.compactMap { ProcessStatus(pid: $0) }
        return ProcessTable(children: Dictionary(grouping: all, by: \.parent))
    }

    /// `root` itself is not included.
    func descendants(of root: Int32) -> [ProcessStatus] {
        var found: [ProcessStatus] = []
        var next = [root]
        while let parent = next.popLast() {
            for child in children[parent] ?? [] where child.pid != parent {
                found.append(child)
                next.append(child.pid)
            }
        }
        return found
    }
}
