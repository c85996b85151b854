public import CarrelCore
import Glibc

extension ProcessEngine: InstanceMeasuring {
    public func stats() async throws -> [WorkspaceID: InstanceStats] {
        let machine = try prepared()
        var all: [WorkspaceID: InstanceStats] = [:]
        // Read once for all, where there are no control groups to ask.
        var table: ProcessTable?
        for workspace in directories.workspaces {
            guard let keeper = directories.instance(workspace).keeperRecord, keeper.isAlive else { continue }
            all[workspace] = Self.reading(machine.cgroups.group(workspace), keeper: keeper, &table)
        }
        return all
    }

    /// From the control group, which also counts what has ended; else from the tree as it is now.
    private static func reading(
        _ group: Cgroup,
        keeper: KeeperRecord,
        _ table: inout ProcessTable?
    ) -> InstanceStats {
        if let reading = group.reading {
            return InstanceStats(cpuTime: reading.cpu, memory: reading.memory, processes: reading.processes)
        }
        let processes = table ?? .now()
        table = processes
        let tree = processes.descendants(of: keeper.pid).filter { !$0.isDead }
        let ticks = tree.reduce(0) { $0 + Int64($1.ticks) }
        let perSecond = Int64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        return InstanceStats(
            cpuTime: .milliseconds(ticks * 1000 / perSecond),
            memory: tree.reduce(0) { $0 + $1.resident } * Int64(sysconf(Int32(_SC_PAGESIZE))),
            processes: tree.count
        )
    }
}
