public import CarrelCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where a backup goes to or comes from: a directory, or a restic repository
/// (https://restic.readthedocs.io/en/stable/030_preparing_a_new_repo.html).
public enum BackupPlace: Hashable, Sendable {
    case directory(String)
    case restic(String)

    private static let schemes = ["azure:", "b2:", "gs:", "rclone:", "rest:", "s3:", "sftp:", "swift:"]
    /// What each local repository has.
    private static let parts = ["config", "data", "index", "keys", "snapshots"]

    /// `restic:` in front of anything makes it a repository; restic's own schemes and a directory that is a repository are
    /// known without. Throws `configuration` for an empty name.
    public init(_ text: String) throws(CarrelError) {
        let isNamed = text.hasPrefix("restic:")
        let rest = isNamed ? String(text.dropFirst("restic:".count)) : text
        guard !rest.isEmpty else {
            throw CarrelError(.configuration, "Name a directory, or a restic repository such as restic:/srv/backup")
        }
        let isRepository = Self.parts.allSatisfy { FileManager.default.fileExists(atPath: "\(rest)/\($0)") }
        self =
            isNamed || isRepository || Self.schemes.contains(where: rest.hasPrefix) ? .restic(rest) : .directory(rest)
    }
}
