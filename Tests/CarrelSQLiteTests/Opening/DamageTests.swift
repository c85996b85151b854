import CarrelCore
import Foundation
import GRDB
import Testing

@testable import CarrelSQLite

@Suite("A damaged file")
struct DamageTests {
    /// Opens `damage` applied to a store that has something in it; expects the file untouched.
    private func refused(
        _ code: CarrelError.Code = .storeDamaged,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ damage: (_ path: String) throws -> Void
    ) async throws {
        try await withStorePath { path in
            let store = try SQLiteStore.open(path: path)
            for number in 0..<50 { _ = try await member("member-\(number)", store) }
            try await store.close()
            try damage(path)
            let before = try Data(contentsOf: URL(filePath: path))
            expect(code, opening: path, sourceLocation: sourceLocation)
            #expect(try Data(contentsOf: URL(filePath: path)) == before, sourceLocation: sourceLocation)
        }
    }

    @Test("A file that is no database is refused and left as it is")
    func noDatabase() async throws {
        try await refused { try Data("my thesis".utf8).write(to: URL(filePath: $0)) }
        try await refused { try Data(repeating: 0, count: 40_960).write(to: URL(filePath: $0)) }
    }

    @Test("A file that was cut off is refused and left as it is")
    func truncated() async throws {
        try await refused { path in
            let file = try FileHandle(forWritingTo: URL(filePath: path))
            let end = try file.seekToEnd()
            try file.truncate(atOffset: end - 4096)
            try file.close()
        }
    }

    @Test("A file with a page overwritten is refused and left as it is")
    func overwritten() async throws {
        try await refused { path in
            let file = try FileHandle(forWritingTo: URL(filePath: path))
            for page in 2...12 {
                try file.seek(toOffset: UInt64(page * 4096))
                try file.write(contentsOf: Data(repeating: 0xAA, count: 512))
            }
            try file.close()
        }
    }

    @Test("A store whose tables are missing is refused and left as it is")
    func tables() async throws {
        try await refused { path in try raw(path) { try $0.execute(sql: "DROP TABLE decisions") } }
    }

    @Test("Another program's database is refused and left as it is")
    func foreign() async throws {
        try await withStorePath { path in
            try raw(path) { try $0.execute(sql: "CREATE TABLE thesis (chapter TEXT)") }
            let before = try Data(contentsOf: URL(filePath: path))
            expect(.storeDamaged, opening: path)
            #expect(try Data(contentsOf: URL(filePath: path)) == before)
        }
    }

    @Test("A log without its database is not thrown away")
    func logAlone() async throws {
        try await withStorePath { path in
            let log = Data(repeating: 1, count: 4096)
            try log.write(to: URL(filePath: path + "-wal"))
            expect(.storeDamaged, opening: path)
            expect(.storeDamaged, opening: path)
            #expect(try Data(contentsOf: URL(filePath: path + "-wal")) == log)
        }
    }

    @Test("A full or read-only disk is told in a sentence, and nothing is changed")
    func fullDisk() async throws {
        try await withSQLiteStore { store in
            let ada = try await member("ada", store)
            let pages = try await store.write { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 }
            try await store.pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA max_page_count = \(pages)")
            }
            let error = await #expect(throws: CarrelError.self) {
                for number in 0..<2000 { _ = try await member("member-\(number)", store) }
            }
            #expect(error?.code == .storeFailed)
            #expect(error?.message.contains("full") == true)
            #expect(try await store.verifyRecord() == nil)
            #expect(try await store.user(ada.id) == ada)
            try await store.pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA max_page_count = 100000; PRAGMA query_only = 1")
            }
            let readOnly = await #expect(throws: CarrelError.self) { _ = try await member("bob", store) }
            #expect(readOnly?.code == .storeFailed)
            #expect(readOnly?.message.contains("read-only") == true)
        }
    }
}
