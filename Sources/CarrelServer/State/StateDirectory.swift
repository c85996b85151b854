import CarrelCore
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where Carrel keeps what must outlive it. Nobody but its own user may look inside.
public struct StateDirectory: Sendable {
    public let path: String

    /// A unix socket's address holds 107 bytes (unix(7)); the longest one here lies under `instances/<id>/`.
    static let pathLimit = 107 - "/instances/ws-0123456789abcdef/app.sock".utf8.count

    public var database: String { path + "/carrel.sqlite" }
    public var keys: String { path + "/keys" }
    public var sockets: String { path + "/run" }

    /// The hub's private socket for one listener: `users`, `operators` or `control`.
    public func socket(_ listener: String) -> String { "\(sockets)/\(listener).sock" }

    /// Creates what is missing, mode 0700. Throws a sentence when that can't be done.
    public init(preparing path: String) throws {
        self.path = path
        guard path.utf8.count <= Self.pathLimit else {
            throw Self.tooLong(path)
        }
        for directory in [path, sockets, keys] {
            do {
                try FileManager.default.createDirectory(
                    atPath: directory,
                    withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700]
                )
            } catch {
                throw Self.unusable(directory, because: String(cString: strerror(errno)), cause: error)
            }
            guard access(directory, R_OK | W_OK | X_OK) == 0 else {
                throw Self.unusable(directory, because: String(cString: strerror(errno)), cause: nil)
            }
        }
        // An existing directory may have been made by hand: close it to others all the same.
        for directory in [sockets, keys] { chmod(directory, 0o700) }
        try checkWritable()
    }

    /// Without creating anything, for commands that only look.
    public init(existing path: String) { self.path = path }

    private func checkWritable() throws {
        let trial = path + "/.writable"
        let descriptor = open(trial, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.unusable(path, because: String(cString: strerror(errno)), cause: nil) }
        close(descriptor)
        unlink(trial)
    }

    static func tooLong(_ path: String) -> CarrelError {
        CarrelError(
            .configuration,
            "The state directory \(path) has too long a path for unix sockets: use at most \(pathLimit) bytes"
        )
    }

    static func unusable(_ directory: String, because reason: String, cause: (any Error)?) -> CarrelError {
        CarrelError(
            .configuration,
            "The state directory \(directory) can't be used: \(reason). "
                + "Make it writable for the user that runs carrel, or name another one in `state`",
            cause: cause
        )
    }

    /// Held as long as the value lives: one `carrel serve` for one state directory.
    public func lock() throws -> StateLock {
        let file = path + "/carrel.lock"
        let descriptor = open(file, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.unusable(path, because: String(cString: strerror(errno)), cause: nil) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw CarrelError(
                .conflict,
                "Another carrel serve uses the state directory \(path): stop it first, or name another directory"
            )
        }
        return StateLock(descriptor: descriptor)
    }
}

/// The lock on a state directory; the kernel lets go of it when the process ends, however it ends.
///
/// Who serves and who takes over have the same lock for a while, so that nobody comes in between.
public final class StateLock: Sendable {
    private let file: Mutex<Int32?>

    init(descriptor: Int32) { file = Mutex(descriptor) }

    deinit { release() }

    /// To be passed to another process. Nil after `release`.
    var descriptor: Int32? { file.withLock { $0 } }

    /// Lets go of it, though another process may still have it.
    func release() { if let descriptor = file.withLock({ $0.take() }) { close(descriptor) } }
}
