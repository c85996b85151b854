import CarrelCore
import Glibc

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The files of a backup: of mode 0600 in directories of mode 0700, since whoever reads them can be anybody.
enum BackupFiles {
    static let database = "carrel.sqlite"
    static let keys = "keys"
    static let configuration = "carrel.yaml"

    static func makeDirectory(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw CarrelError(
                .invalid,
                "The directory \(path) can't be made: \(String(cString: strerror(errno))).",
                cause: error
            )
        }
    }

    /// To a new file, and to the disk.
    static func write(_ bytes: [UInt8], to path: String) throws {
        let file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw failure("can't be made", path) }
        defer { close(file) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw failure("can't be written", path) }
            rest = rest.dropFirst(count)
        }
        guard fsync(file) == 0 else { throw failure("can't be written", path) }
    }

    static func copy(_ path: String, to copy: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else { throw failure("can't be read", path) }
        try write([UInt8](data), to: copy)
    }

    /// Every file directly in it, to a new directory.
    static func copyFiles(in directory: String, to copy: String) throws {
        try makeDirectory(copy)
        for name in try FileManager.default.contentsOfDirectory(atPath: directory).sorted() {
            try self.copy("\(directory)/\(name)", to: "\(copy)/\(name)")
        }
    }

    static func isEmptyOrMissing(_ directory: String) -> Bool {
        guard FileManager.default.fileExists(atPath: directory) else { return true }
        return (try? FileManager.default.contentsOfDirectory(atPath: directory).isEmpty) ?? false
    }

    private static func failure(_ what: String, _ path: String) -> CarrelError {
        CarrelError(.invalid, "\(path) \(what): \(String(cString: strerror(errno))).")
    }
}
