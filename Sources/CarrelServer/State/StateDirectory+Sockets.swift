import CarrelCore
import Glibc

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Each process listens at sockets of its own, `users.<pid>.sock`. What everybody uses, `users.sock`, is a link to
/// those of the process that serves: it changes hands in one step, and nobody finds nothing there.
extension StateDirectory {
    /// The hub's for each listener, and where processes that handed over keep in touch.
    static let publishedSockets = ["users", "operators", "control", "elders"]

    /// Where a new process waits for the one it wants to take over from.
    func takeoverSocket(of pid: Int32) -> String { "\(sockets)/takeover.\(pid).sock" }

    /// This process' own.
    func ownSocket(_ name: String) -> String { "\(sockets)/\(name).\(getpid()).sock" }

    /// Leads everybody to this process from now on, and takes away what processes that are gone left behind.
    func publishSockets() throws {
        for name in Self.publishedSockets {
            let link = "\(sockets)/\(name).\(getpid()).link"
            unlink(link)
            guard symlink("\(name).\(getpid()).sock", link) == 0, rename(link, socket(name)) == 0 else {
                throw Self.unusable(sockets, because: String(cString: strerror(errno)), cause: nil)
            }
        }
        for entry in (try? FileManager.default.contentsOfDirectory(atPath: sockets)) ?? [] {
            let parts = entry.split(separator: ".")
            guard parts.count == 3, let pid = Int32(parts[1]), kill(pid, 0) != 0, errno == ESRCH else { continue }
            unlink("\(sockets)/\(entry)")
        }
    }
}
