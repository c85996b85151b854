import EngineHost

/// One line of `/proc/<pid>/stat` (proc(5)): what names a process for ever and how much it used.
struct ProcessStatus {
    var pid: Int32
    var parent: Int32
    /// A letter.
    var state: UInt8
    /// Clock ticks since boot.
    var started: UInt64
    /// Clock ticks of CPU.
    var ticks: UInt64
    /// Pages.
    var resident: Int64

    /// Nil if there is no such process. Read as bytes: thousands are, every few seconds.
    init?(pid: Int32) {
        guard let line = SystemFile.bytes("/proc/\(pid)/stat"), let name = line.lastIndex(of: UInt8(ascii: ")")) else {
            return nil
        }
        let fields = line[(name + 1)...].split(separator: UInt8(ascii: " "), maxSplits: 23)
        guard fields.count > 21, let state = fields[0].first else { return nil }
        self.pid = pid
        parent = Int32(truncatingIfNeeded: Self.number(fields[1]))
        self.state = state
        ticks = Self.number(fields[11]) + Self.number(fields[12])
        started = Self.number(fields[19])
        resident = Int64(Self.number(fields[21]))
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64 {
        digits.reduce(0) { $0 &* 10 &+ UInt64($1 &- 48) }
    }

    /// Ended, though its parent has not asked yet.
    var isDead: Bool { state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") }

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
