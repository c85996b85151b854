import CarrelCore
import CarrelSQLite

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension StateDirectory {
    /// A claim writes a few pages to the database, and a start some files.
    static let leastFree = 256 << 10

    /// Nothing can be claimed any more.
    var isFull: Bool {
        var about = statvfs()
        guard statvfs(path, &about) == 0 else { return false }
        let free = geteuid() == 0 ? about.f_bfree : about.f_bavail
        return about.f_blocks > 0 && UInt64(free) * UInt64(about.f_frsize) < UInt64(Self.leastFree)
    }

    /// What would keep `carrel serve` from using it; nothing is created by asking.
    func findings() -> [EngineFinding] {
        if path.utf8.count > Self.pathLimit { return [Self.tooLong(path)].map { EngineFinding(.error, $0.message) } }
        var place = path
        while access(place, F_OK) != 0, errno == ENOENT, place.count > 1 {
            place = place.split(separator: "/").dropLast().reduce(into: "") { $0 += "/" + $1 }
            if place.isEmpty { place = "/" }
        }
        guard access(place, R_OK | W_OK | X_OK) == 0 else {
            let error = Self.unusable(path, because: "\(place): \(String(cString: strerror(errno)))", cause: nil)
            return [EngineFinding(.error, error.message)]
        }
        let full =
            StateDirectory(existing: place).isFull
            ? [EngineFinding(.error, "The disk that holds the state directory \(path) is full")] : []
        guard access(database, F_OK) == 0 else { return full }
        do {
            try SQLiteStore.check(path: database)
            return full
        } catch {
            let detail = (error as? CarrelError)?.detail.map { " (\($0))" } ?? ""
            return [EngineFinding(.error, ((error as? CarrelError)?.message ?? "\(error)") + detail)]
        }
    }
}
