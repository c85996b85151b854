import CarrelCore
import EngineHost
import Glibc

/// Gives every workspace on this machine a user of its own, whatever deployment it belongs to: a link
/// `/run/carrel-users/<uid>` to the instance's directory, made and removed under a lock.
struct UserPool: Sendable {
    var directory = "/run/carrel-users"
    let uids: ClosedRange<UInt32>

    /// The lowest user that no workspace has and no process runs as.
    func take(for instance: String) throws -> UInt32 {
        try locked {
            let running = Self.usersOfProcesses()
            for uid in uids.dropLast() {
                let link = "\(directory)/\(uid)"
                if let holder = SystemFile.link(link) {
                    if holder == instance { return uid }
                    if SystemFile.exists(holder) || running.contains(uid) { continue }
                    // Its instance is gone: a crash came between.
                    unlink(link)
                }
                if running.contains(uid) { continue }
                guard symlink(instance, link) == 0 else { throw SystemFile.Failure(path: link, code: errno) }
                return uid
            }
            throw CarrelError(
                .engineFailed,
                "There is no free user left to run a workspace as.",
                detail: "uids \(uids.lowerBound)–\(uids.upperBound) are all taken"
            )
        }
    }

    func give(back uid: UInt32, from instance: String) throws {
        try locked {
            let link = "\(directory)/\(uid)"
            if SystemFile.link(link) == instance { unlink(link) }
        }
    }

    private func locked<Value>(_ work: () throws -> Value) throws -> Value {
        try SystemFile.makeDirectory(directory, mode: 0o700)
        let lock = open(directory + "/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0, flock(lock, LOCK_EX) == 0 else {
            throw SystemFile.Failure(path: directory + "/lock", code: errno)
        }
        defer { close(lock) }
        return try work()
    }

    private static func usersOfProcesses() -> Set<UInt32> {
        var users: Set<UInt32> = []
        for name in SystemFile.names(in: "/proc") where Int32(name) != nil {
            var about = stat()
            if lstat("/proc/" + name, &about) == 0 { users.insert(about.st_uid) }
        }
        return users
    }
}
