import CLinux
package import CarrelCore
import Glibc
import Synchronization

/// What lies in a home that is a directory of this machine.
package enum HomeContents {
    /// See `HomeMeasuring.measure`. A directory that isn't there has nothing in it.
    package static func measure(_ path: String, quota: HomeQuota?, whole: Bool) async throws -> HomeMeasurement {
        let walk = Walk()
        return try await withTaskCancellationHandler {
            try await blocking { try measure(path, quota: quota, whole: whole, walk) }
        } onCancel: {
            walk.end()
        }
    }

    private static func measure(
        _ path: String,
        quota: HomeQuota?,
        whole: Bool,
        _ walk: Walk
    ) throws -> HomeMeasurement {
        let file = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return HomeMeasurement(used: 0) }
            return HomeMeasurement(
                used: nil,
                trouble: "The home can't be reached: \(String(cString: strerror(errno)))."
            )
        }
        defer { close(file) }
        let kept = ProjectQuota.keep(quota, on: file)
        let project = kept.isEnforced ? quota?.project : nil
        if let project, !whole, !kept.wasForeign, let used = ProjectQuota.used(by: project, on: file) {
            return HomeMeasurement(used: used, isEnforced: true)
        }
        let walked = try walk.through(path, project: project ?? 0)
        let counted = project.flatMap { ProjectQuota.used(by: $0, on: file) }
        return HomeMeasurement(used: counted ?? walked, isEnforced: kept.isEnforced, isWhole: true)
    }

    /// One look at every file, which may be ended from elsewhere.
    private final class Walk: Sendable {
        private let isOver = Atomic(false)

        func end() { isOver.store(true, ordering: .relaxed) }

        /// Bytes on the disk.
        func through(_ path: String, project: UInt32) throws -> Int64 {
            var order = clinux_measuring(
                project: project,
                go_on: { context in
                    guard let context else { return false }
                    return !Unmanaged<Walk>.fromOpaque(context).takeUnretainedValue().isOver.load(ordering: .relaxed)
                },
                context: Unmanaged.passUnretained(self).toOpaque()
            )
            var found = clinux_measured()
            // `self` lives as long as the call: it is our own.
            let result = withExtendedLifetime(self) { clinux_measure(path, &order, &found) }
            switch -result {
            case 0: return Int64(clamping: found.bytes)
            case ECANCELED: throw CancellationError()
            default:
                throw CarrelError(
                    .engineFailed,
                    "The home could not be measured.",
                    detail: "\(path): \(String(cString: strerror(-result)))"
                )
            }
        }
    }
}

extension HomeRule {
    /// Of homes that are directories: the part of their path that is the same for everybody.
    package var commonDirectory: String {
        let text = location.description
        let fixed = text.prefix(upTo: text.firstRange(of: "{{")?.lowerBound ?? text.endIndex)
        return String(fixed[..<(fixed.lastIndex(of: "/") ?? fixed.startIndex)])
    }
}

extension String {
    fileprivate func firstRange(of text: String) -> Range<Index>? { ranges(of: text).first }
}
