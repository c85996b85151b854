import CarrelCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Of all that open a store in one directory at once, one after the other does: SQLite gives a new file its log without
/// waiting for the others that are just doing so, whatever its busy timeout says, and they fail
/// (https://www.sqlite.org/c3ref/busy_handler.html).
enum OpeningTurn {
    /// Locks the directory itself, so that no further file lies about, and no close of one drops SQLite's own locks.
    /// - Throws: `storeFailed` if others took longer than ten seconds; what `body` throws.
    static func take<Value>(for path: String, _ body: () throws -> Value) throws -> Value {
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // Where there is no directory, what is opened in it says so better.
        guard descriptor >= 0 else { return try body() }
        defer { close(descriptor) }
        let deadline = ContinuousClock.now + .seconds(10)
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            // A file system without such locks: one process has to do.
            guard errno == EWOULDBLOCK || errno == EINTR else { break }
            guard ContinuousClock.now < deadline else {
                throw CarrelError(
                    .storeFailed,
                    "Carrel's database is being opened by another process, for more than ten seconds: nothing was changed.",
                    detail: path
                )
            }
            usleep(2_000)
        }
        return try body()
    }
}
