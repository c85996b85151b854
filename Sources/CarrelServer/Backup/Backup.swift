import CLinux
import CarrelConfig
public import CarrelCore
import CarrelSQLite
import Glibc
import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `carrel backup`: the database as it is at one moment, keys, configuration, and, with restic, members' homes. A carrel
/// that runs goes on meanwhile.
public enum Backup {
    public struct Report: Encodable, Sendable {
        /// The directory that was made, or the repository.
        public var place: String
        public var manifest: BackupManifest

        /// Homes that are not in it.
        public var missing: [BackupManifest.Home]

        init(place: String, manifest: BackupManifest) {
            self.place = place
            self.manifest = manifest
            missing = manifest.homes.filter { $0.place == nil }
        }
    }

    /// Throws a sentence if anything is not saved that could be; then no directory is left behind.
    public static func run(_ loaded: LoadedConfiguration, to place: BackupPlace, at now: Timestamp) async throws
        -> Report
    {
        guard FileManager.default.fileExists(atPath: loaded.state.database) else {
            throw CarrelError(.notFound, "There is nothing to save yet: \(loaded.state.path) has no database.")
        }
        switch place {
        case .directory(let directory): return try await save(loaded, into: directory, at: now)
        case .restic(let repository): return try await save(loaded, with: Restic(repository: repository), at: now)
        }
    }

    private static func save(_ loaded: LoadedConfiguration, into directory: String, at now: Timestamp) async throws
        -> Report
    {
        let name = "carrel-" + now.description.replacing(":", with: "-")
        let (partial, whole) = ("\(directory)/.\(name).partial", "\(directory)/\(name)")
        try BackupFiles.makeDirectory(directory)
        do {
            let manifest = try await write(loaded, to: partial, at: now) { homes in
                homes.map { home in
                    var home = home
                    if home.place.take() != nil { home.because = "homes are saved to restic repositories only" }
                    return home
                }
            }
            guard rename(partial, whole) == 0 else {
                throw CarrelError(.invalid, "\(whole) can't be made: \(String(cString: strerror(errno))).")
            }
            return Report(place: whole, manifest: manifest)
        } catch {
            clinux_remove_tree(partial)
            throw error
        }
    }

    private static func save(_ loaded: LoadedConfiguration, with restic: Restic, at now: Timestamp) async throws
        -> Report
    {
        let staged = loaded.state.path + "/" + Restore.stagingName
        // What a backup left that was cut off.
        clinux_remove_tree(staged)
        unlink(staged + ".list")
        defer {
            clinux_remove_tree(staged)
            unlink(staged + ".list")
        }
        try restic.prepare()
        let manifest = try await write(loaded, to: staged, at: now) { $0 }
        let paths = [staged] + manifest.homes.compactMap(\.place)
        try BackupFiles.write(Array((paths.joined(separator: "\n") + "\n").utf8), to: staged + ".list")
        try restic.save(listed: staged + ".list", tags: [loaded.configuration.deployment])
        return Report(place: "the restic repository \(restic.repository)", manifest: manifest)
    }

    /// Everything but homes. The database comes first: what homes hold later belongs to members it knows.
    private static func write(
        _ loaded: LoadedConfiguration,
        to directory: String,
        at now: Timestamp,
        _ choose: ([BackupManifest.Home]) -> [BackupManifest.Home]
    ) async throws -> BackupManifest {
        try BackupFiles.makeDirectory(directory)
        let state = loaded.state
        let copy = "\(directory)/\(BackupFiles.database)"
        let schema = try SQLiteStore.copy(from: state.database, to: copy)
        try BackupFiles.copyFiles(in: state.keys, to: "\(directory)/\(BackupFiles.keys)")
        try BackupFiles.copy(loaded.file, to: "\(directory)/\(BackupFiles.configuration)")
        let manifest = BackupManifest(
            carrel: CarrelVersion.text,
            schema: schema,
            at: now,
            deployment: loaded.configuration.deployment,
            configuration: absolute(loaded.file),
            state: state.path,
            homes: choose(try await HomePlaces(loaded).all(in: copy))
        )
        try manifest.write(to: "\(directory)/\(BackupManifest.fileName)")
        return manifest
    }

    private static func absolute(_ path: String) -> String {
        URL(filePath: path).absoluteURL.standardized.path(percentEncoded: false)
    }
}
