import CLinux
import CarrelCore
import EngineHost
import Glibc

/// Ends whatever is left of an instance whose keeper is gone or does not get through.
struct Remains: Sendable {
    var record: InstanceRecord
    var cgroup: Cgroup?
    var keeper: KeeperRecord?

    func kill() {
        if let file = cgroup?.killFile { try? SystemFile.put("1", into: file) }
        // All of a user's processes, wherever they went: it is this workspace's alone.
        if let uid = record.uid { clinux_kill_user(uid) }
        for pid in cgroup?.processes ?? [] { _ = Glibc.kill(pid, SIGKILL) }
        if let keeper, keeper.isAlive {
            for process in ProcessStatus.descendants(of: keeper.pid) { _ = Glibc.kill(process.pid, SIGKILL) }
        }
        // Frozen by version 1, they die only once they are thawed.
        for thaw in cgroup?.thaws ?? [] { try? SystemFile.put(thaw.text, into: thaw.file) }
    }
}
