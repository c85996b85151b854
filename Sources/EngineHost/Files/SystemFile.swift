package import Glibc

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// Small files of the system and of our own, read and written whole.
package enum SystemFile {
    /// A call that failed, with its path and `errno`.
    package struct Failure: Error, CustomStringConvertible {
        package let path: String
        package let code: Int32

        package init(path: String, code: Int32) {
            self.path = path
            self.code = code
        }

        package var description: String { "\(path): \(String(cString: strerror(code)))" }
    }

    /// Nil if it can't be read.
    package static func read(_ path: String) -> String? {
        bytes(path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Nil if it can't be read. At most `limit` bytes from its end.
    package static func bytes(_ path: String, last limit: Int = .max) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        if limit != .max {
            let size = lseek(file, 0, SEEK_END)
            lseek(file, max(0, size - off_t(limit)), SEEK_SET)
        }
        return rest(of: file)
    }

    /// What can be read from here to the end.
    package static func rest(of file: Int32) -> [UInt8] {
        withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { buffer in
            var all: [UInt8] = []
            while true {
                let count = Glibc.read(file, buffer.baseAddress, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return all }
                all.append(contentsOf: buffer[..<count])
            }
        }
    }

    /// Writes into a file that exists, such as one of a cgroup.
    package static func put(_ text: String, into path: String) throws(Failure) {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw Failure(path: path, code: errno) }
        defer { close(file) }
        guard Glibc.write(file, text, text.utf8.count) == text.utf8.count else {
            throw Failure(path: path, code: errno)
        }
    }

    /// Puts a file in place whole or not at all; never follows a link that lies there.
    package static func replace(_ path: String, with data: Data, owner: UInt32? = nil) throws(Failure) {
        let fresh = path + ".new"
        unlink(fresh)
        let file = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Failure(path: fresh, code: errno) }
        let written = data.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        var failed = written == data.count ? 0 : (errno == 0 ? EIO : errno)
        if failed == 0, let owner, fchown(file, owner, owner) < 0 { failed = errno }
        close(file)
        if failed == 0, rename(fresh, path) < 0 { failed = errno }
        guard failed == 0 else {
            unlink(fresh)
            throw Failure(path: path, code: failed)
        }
    }

    /// Makes a directory that is there afterwards, with this mode and owner.
    package static func makeDirectory(_ path: String, mode: mode_t, owner: UInt32? = nil) throws(Failure) {
        if mkdir(path, mode) != 0 {
            guard errno == EEXIST else { throw Failure(path: path, code: errno) }
            var found = stat()
            guard lstat(path, &found) == 0 else { throw Failure(path: path, code: errno) }
            guard found.st_mode & S_IFMT == S_IFDIR else { throw Failure(path: path, code: ENOTDIR) }
        }
        guard chmod(path, mode) == 0 else { throw Failure(path: path, code: errno) }
        if let owner, lchown(path, owner, owner) < 0 { throw Failure(path: path, code: errno) }
    }

    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    package static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

    /// The names in a directory; none if it can't be read.
    package static func names(in path: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    }

    /// Where a symbolic link points; nil if it is none.
    package static func link(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink(path, &buffer, buffer.count - 1)
        return count < 0 ? nil : String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
