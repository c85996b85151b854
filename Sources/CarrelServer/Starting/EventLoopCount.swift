import CLinux
import Foundation
import NIOCore

/// How many event loops the process has: one for each core that it may run on.
enum EventLoopCount {
    /// Before anything uses event loops. NIO asks how many cores there are, and in cgroups; it does not ask which of
    /// them are left to this process (`taskset`, `CPUAffinity=` of systemd). Two loops on one core take turns.
    static func matchCores() {
        let usable = Int(clinux_usable_cores())
        // Asking for NIO's own suggestion would settle it.
        guard usable > 0, usable < System.coreCount, getenv("NIO_SINGLETON_GROUP_LOOP_COUNT") == nil else { return }
        NIOSingletons.groupLoopCountSuggestion = usable
    }
}
