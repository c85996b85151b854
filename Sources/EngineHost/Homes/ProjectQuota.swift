import CLinux
package import CarrelCore
import Glibc

/// Project quotas (ext4, xfs): the file system counts what carries a project's id, and refuses more than its limit. What is
/// made in a directory that carries one, with its mark to inherit, carries the same.
package enum ProjectQuota {
    /// Why the file system that holds `path`, or its nearest directory that is there, does not keep quotas: a clause. Nil if
    /// it does. Tried with a file that has no name, so nothing is left.
    package static func obstacle(at path: String) -> String? {
        guard geteuid() == 0 else { return "only root can set quotas" }
        let place = nearest(path)
        let file = Glibc.open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { return "\(place) can't be opened: \(String(cString: strerror(errno)))" }
        defer { close(file) }
        let state = clinux_quota_state(file)
        guard state == 1 else { return reason(state, place: place) }
        let nameless = Glibc.open(place, O_RDWR | O_CLOEXEC | tmpfile, 0o600)
        guard nameless >= 0 else { return "\(place) can't be written: \(String(cString: strerror(errno)))" }
        defer { close(nameless) }
        // No range of ours ends there.
        let marked = clinux_project_set(nameless, UInt32.max - 1, false)
        return marked == 0 ? nil : "files at \(place) can't be given a project: \(String(cString: strerror(-marked)))"
    }

    /// `O_TMPFILE` with `O_DIRECTORY` (open(2)), which is no constant for Swift.
    private static let tmpfile: Int32 = 0o20_000_000 | O_DIRECTORY

    private static func nearest(_ path: String) -> String {
        var parts = path.split(separator: "/")
        while !parts.isEmpty {
            let place = "/" + parts.joined(separator: "/")
            if SystemFile.exists(place) { return place }
            parts.removeLast()
        }
        return "/"
    }

    private static func reason(_ state: Int32, place: String) -> String {
        // A file system without any quotas gives the same answer as a kernel without the call.
        if state == -ENOSYS, !clinux_has_quota_call() { return "the kernel is older than Linux 5.14" }
        if state == -EPERM { return "carrel may not ask for quotas here (CAP_SYS_ADMIN)" }
        switch clinux_filesystem(place) {
        case 0xef53:
            return
                "this file system has no project quotas: \(place) is on ext4 without them (`tune2fs -O project,quota -Q "
                + "prjquota` on its device while it is unmounted, and `prjquota` among its mount options)"
        case 0x5846_5342:
            return
                "this file system has no project quotas: \(place) is on xfs without them (`prjquota` among its mount "
                + "options)"
        default: return "this file system has no project quotas: \(place) is neither on ext4 nor on xfs"
        }
    }

    /// What was found when a quota was put on a directory.
    package struct Outcome: Sendable {
        package var isEnforced: Bool
        /// The directory had another project before, or none: what lies in it may have so still.
        package var wasForeign: Bool
    }

    /// Makes the directory the project's and sets its limit, where the file system can; changes only what is not so
    /// already. `file` may be a mere place (`O_PATH`).
    @discardableResult
    package static func keep(_ quota: HomeQuota?, on file: Int32) -> Outcome {
        var outcome = Outcome(isEnforced: false, wasForeign: false)
        guard let quota, let project = quota.project, geteuid() == 0 else { return outcome }
        let directory = openat(file, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return outcome }
        defer { close(directory) }
        guard clinux_quota_state(directory) == 1 else { return outcome }
        var found: UInt32 = 0
        var inherits = false
        guard clinux_project_get(directory, &found, &inherits) == 0 else { return outcome }
        outcome.wasForeign = found != project || !inherits
        guard clinux_project_set(directory, project, true) == 0 else { return outcome }
        var used: Int64 = 0
        var limit: Int64 = 0
        let blocks = (quota.bytes + 1023) / 1024 * 1024
        if clinux_quota_get(directory, project, &used, &limit) == 0, limit == blocks {
            outcome.isEnforced = true
        } else {
            outcome.isEnforced = clinux_quota_set(directory, project, quota.bytes) == 0
        }
        return outcome
    }

    /// What the project has, in bytes, as the file system counts. Nil if it does not say.
    package static func used(by project: UInt32, on file: Int32) -> Int64? {
        var used: Int64 = 0
        var limit: Int64 = 0
        return clinux_quota_get(file, project, &used, &limit) == 0 ? used : nil
    }
}
