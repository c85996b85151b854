import CarrelCore
import GRDB

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The file before SQLite may write to it.
enum StoreFile {
    /// `Carl`, in the file's header: this database is Carrel's.
    static let applicationID: Int64 = 0x4361_726C
    /// Above this the structure is not read through at each start; 64 MiB take about 100 ms.
    static let checkedBytes: Int64 = 64 << 20

    /// True if there was nothing, and there is an empty file of mode 0600 now.
    static func createIfMissing(_ path: String) throws -> Bool {
        let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            close(descriptor)
            if size(path + "-wal") ?? 0 > 0 { throw damaged("\(path) is missing, but \(path)-wal is not") }
            return true
        }
        guard errno == EEXIST else {
            throw CarrelError(
                .storeFailed,
                "Carrel's database can't be created: does its directory exist, and may Carrel write there?",
                detail: "\(path): \(String(cString: strerror(errno)))"
            )
        }
        return false
    }

    /// Throws `storeDamaged` or `storeNewer`; changes nothing.
    static func check(_ path: String) throws {
        guard let bytes = size(path) else {
            throw CarrelError(.storeFailed, "Carrel's database can't be read: it is not a file.", detail: path)
        }
        let log = size(path + "-wal") ?? 0
        // Another process may be about to fill the file that it just made.
        if bytes == 0, log == 0 { return }
        try checkHeader(path, bytes: bytes, hasLog: log > 0)
        var configuration = SQLiteStore.configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.read { db in
            let application = try Int64.fetchOne(db, sql: "PRAGMA application_id") ?? 0
            let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
            let tables = try Set(String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'"))
            if application == 0, version == 0, tables.isSubset(of: ["grdb_issue_102"]) { return }
            guard application == applicationID else {
                throw CarrelError(
                    .storeDamaged,
                    "The file given as Carrel's database belongs to another program. It was left as it is.",
                    detail: "\(path): application id \(application)"
                )
            }
            try Migration.refuseNewer(version)
            guard tables.isSuperset(of: Migration.tables(of: version)) else { throw damaged("tables are missing") }
            guard bytes + log <= checkedBytes else { return }
            let verdict = try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? "ok"
            if verdict != "ok" { throw damaged(verdict) }
        }
        try queue.close()
    }

    /// https://www.sqlite.org/fileformat2.html#the_database_header
    private static func checkHeader(_ path: String, bytes: Int64, hasLog: Bool) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw CarrelError(.storeFailed, "Carrel's database can't be read.", detail: "\(path): \(reason)")
        }
        defer { close(descriptor) }
        var head = [UInt8](repeating: 0, count: 100)
        guard read(descriptor, &head, 100) == 100, head.starts(with: Array("SQLite format 3\0".utf8)) else {
            throw damaged("\(path) is not a SQLite file")
        }
        let small = Int64(head[16]) << 8 | Int64(head[17])
        let page = small == 1 ? 65_536 : small
        let pages = head[28..<32].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        // With a log beside it, the file's end may be in there.
        if !hasLog, bytes < page * pages { throw damaged("\(path) was cut off: \(bytes) of \(page * pages) bytes") }
    }

    private static func size(_ path: String) -> Int64? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(status.st_size)
    }

    static func remove(_ path: String) {
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(path + suffix) }
    }

    static func damaged(_ detail: String) -> CarrelError {
        CarrelError(
            .storeDamaged,
            "Carrel's database is damaged. It was left as it is: restore a copy of it.",
            detail: detail
        )
    }
}
