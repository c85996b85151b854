import CLinux
import CarrelConfig
import CarrelCore
import CarrelSQLite
import Glibc

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `carrel restore`: brings a backup back onto a machine where no Carrel is. What is there already is never written over. The
/// database comes last: as long as it is missing, the same may be tried again.
public struct Restore {
    public struct Report: Encodable, Sendable {
        public var manifest: BackupManifest
        /// The configuration file that counts here.
        public var configuration: String
        /// Whether that was there already, and stays as it is.
        public var keepsConfiguration: Bool
        public var state: String
        /// Homes whose files came back.
        public var restored: Int
        /// Homes that are not there now.
        public var missing: [BackupManifest.Home]
    }

    static let stagingName = "carrel-backup"

    private let source: any RestoreSource
    private let manifest: BackupManifest
    private let file: String

    /// - Parameters:
    ///   - place: Where the backup is.
    ///   - snapshot: Of a restic repository, by its id or the id's beginning; nil: the latest of Carrel's.
    ///   - file: Where the configuration goes; nil: where it was.
    /// - Returns: What is there now, and what is not.
    /// - Throws: `conflict` where something is there already, `notFound` where there is no backup, and a sentence otherwise.
    public static func run(from place: BackupPlace, snapshot: String?, file: String?) async throws -> Report {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let source: any RestoreSource
        switch place {
        case .directory(let directory):
            guard snapshot == nil else {
                throw CarrelError(.configuration, "Only a restic repository has snapshots: name the directory itself.")
            }
            source = try RestoreDirectory(directory)
        case .restic(let repository):
            source = try RestoreSnapshot(Restic(repository: repository), named: snapshot, scratch: scratch.path)
        }
        let manifest = try source.manifest()
        return try await Restore(source: source, manifest: manifest, file: file ?? manifest.configuration).run()
    }

    private func run() async throws -> Report {
        let keeps = FileManager.default.fileExists(atPath: file)
        if !keeps {
            let directory = URL(filePath: file).deletingLastPathComponent().path(percentEncoded: false)
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try BackupFiles.copy("\(source.directory)/\(BackupFiles.configuration)", to: file)
        }
        let loaded = try LoadedConfiguration.load(file: file)
        let state = try StateDirectory(preparing: loaded.configuration.state)
        let lock = try state.lock()
        defer { lock.release() }
        guard !FileManager.default.fileExists(atPath: state.database) else {
            throw CarrelError(
                .conflict,
                "\(state.path) has a database already, and it stays as it is: restore onto a machine without, or move it away."
            )
        }
        let bringsKeys = BackupFiles.isEmptyOrMissing(state.keys)
        guard try bringsKeys || hasSameKeys(state) else {
            throw CarrelError(
                .conflict,
                "\(state.keys) holds other keys already, and they stay as they are: move them away."
            )
        }
        let partial = state.database + ".partial"
        unlink(partial)
        let schema = try SQLiteStore.copy(from: "\(source.directory)/\(BackupFiles.database)", to: partial)
        defer { unlink(partial) }
        guard schema == manifest.schema else {
            throw CarrelError(
                .invalid,
                "The backup's database is not the one that its \(BackupManifest.fileName) speaks of."
            )
        }
        if bringsKeys {
            rmdir(state.keys)
            try BackupFiles.copyFiles(in: "\(source.directory)/\(BackupFiles.keys)", to: state.keys)
        }
        let missing = try await restoreHomes(loaded)
        guard rename(partial, state.database) == 0 else {
            throw CarrelError(.invalid, "\(state.database) can't be made: \(String(cString: strerror(errno))).")
        }
        return Report(
            manifest: manifest,
            configuration: file,
            keepsConfiguration: keeps,
            state: state.path,
            restored: manifest.homes.count - missing.count,
            missing: missing
        )
    }

    /// Of an attempt that was cut off.
    private func hasSameKeys(_ state: StateDirectory) throws -> Bool {
        let directory = "\(source.directory)/\(BackupFiles.keys)"
        let names = try FileManager.default.contentsOfDirectory(atPath: state.keys)
        return try Set(names) == Set(FileManager.default.contentsOfDirectory(atPath: directory))
            && names.allSatisfy {
                FileManager.default.contentsEqual(atPath: "\(directory)/\($0)", andPath: "\(state.keys)/\($0)")
            }
    }

    /// Those that are not there now. Nothing is begun if one of the places holds something.
    private func restoreHomes(_ loaded: LoadedConfiguration) async throws -> [BackupManifest.Home] {
        var missing: [BackupManifest.Home] = []
        var moves: [(from: String, to: String)] = []
        let places = try HomePlaces(loaded)
        for var home in manifest.homes {
            guard let place = home.place else {
                missing.append(home)
                continue
            }
            switch try await places.place(of: home, making: true) {
            case .unreachable(let because):
                home.because = because
                missing.append(home)
            case .directory(let path): moves.append((from: place, to: path))
            }
        }
        for move in moves where !BackupFiles.isEmptyOrMissing(move.to) {
            throw CarrelError(
                .conflict,
                "The home \(move.to) holds files already, and they stay as they are: move them away."
            )
        }
        try source.restore(moves)
        return missing
    }
}

/// A backup as it lies somewhere.
protocol RestoreSource {
    /// With database, keys and configuration.
    var directory: String { get }
    /// Brings directories back from where they were to where they belong now. Nothing is there yet, or an empty directory.
    func restore(_ homes: [(from: String, to: String)]) throws
}

extension RestoreSource {
    func manifest() throws -> BackupManifest {
        let path = "\(directory)/\(BackupManifest.fileName)"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CarrelError(.notFound, "\(directory) is no backup of Carrel: it has no \(BackupManifest.fileName).")
        }
        return try BackupManifest.read(data, from: directory)
    }
}

/// A directory that `carrel backup` made, or one with several, of which the latest counts.
struct RestoreDirectory: RestoreSource {
    let directory: String

    init(_ given: String) throws {
        if access("\(given)/\(BackupManifest.fileName)", F_OK) == 0 {
            directory = given
            return
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: given)) ?? []
        guard let latest = names.filter({ $0.hasPrefix("carrel-") }).max() else {
            throw CarrelError(.notFound, "\(given) holds no backup of Carrel.")
        }
        directory = "\(given)/\(latest)"
    }

    func restore(_ homes: [(from: String, to: String)]) throws {
        guard homes.isEmpty else { throw CarrelError(.invalid, "A backup without restic holds no homes.") }
    }
}

/// A snapshot of a restic repository.
struct RestoreSnapshot: RestoreSource {
    private let restic: Restic
    private let snapshot: String
    let directory: String

    /// Throws `notFound` where there is none.
    init(_ restic: Restic, named name: String?, scratch: String) throws {
        let all = try restic.snapshots().sorted { $0.time < $1.time }
        guard let found = name.map({ name in all.last { $0.id.hasPrefix(name) } }) ?? all.last else {
            throw CarrelError(
                .notFound,
                "The restic repository has no \(name.map { "snapshot \($0)" } ?? "backup") of Carrel."
            )
        }
        guard let staged = found.paths.first(where: { $0.hasSuffix("/" + Restore.stagingName) }) else {
            throw CarrelError(.notFound, "The snapshot \(found.id.prefix(8)) is no backup of Carrel.")
        }
        self.restic = restic
        snapshot = found.id
        try restic.restore([staged], of: found.id, below: scratch)
        directory = scratch + staged
    }

    func restore(_ homes: [(from: String, to: String)]) throws {
        let (same, other) = (homes.filter { $0.from == $0.to }, homes.filter { $0.from != $0.to })
        if !same.isEmpty { try restic.restore(same.map(\.from), of: snapshot, below: "/") }
        for home in other {
            // On the file system on which it is to be.
            let parent = URL(filePath: home.to).deletingLastPathComponent().path(percentEncoded: false)
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
            let scratch = "\(parent)/.carrel-restore-\(getpid())"
            clinux_remove_tree(scratch)
            defer { clinux_remove_tree(scratch) }
            try restic.restore([home.from], of: snapshot, below: scratch)
            guard rename(scratch + home.from, home.to) == 0 else {
                throw CarrelError(.invalid, "The home \(home.to) can't be made: \(String(cString: strerror(errno))).")
            }
        }
    }
}

/// A directory of this process' own, for secrets.
struct Scratch {
    let path: String

    init() throws {
        var template = Array("/tmp/carrel-restore-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CarrelError(.invalid, "No directory can be made in /tmp: \(String(cString: strerror(errno))).")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func remove() { clinux_remove_tree(path) }
}
