import CarrelCore
import GRDB
import Testing

@testable import CarrelSQLite

@Suite("A store that another process writes to")
struct SuspendingTests {
    private func add(_ name: String, to store: SQLiteStore) async throws {
        _ = try await store.addLocalAccount(
            NewLocalAccount(provider: "here", name: name, passwordHash: nil),
            by: .commandLine,
            at: Timestamp(milliseconds: 1)
        )
    }

    @Test("Suspended it reads and writes nothing; resumed it writes again")
    func suspended() async throws {
        try await withSQLiteStore { store in
            try await add("ada", to: store)
            #expect(try await store.suspend() == Migration.latest)
            let error = await #expect(throws: CarrelError.self) { try await add("bob", to: store) }
            #expect(error?.code == .storeFailed)
            #expect(try await store.users().count == 1)
            try await store.resume()
            try await add("bob", to: store)
            #expect(try await store.users().count == 2)
        }
    }

    @Test("It stays suspended once the other process has brought the file to a newer schema")
    func newer() async throws {
        try await withStorePath { path in
            let store = try SQLiteStore.open(path: path)
            _ = try await store.suspend()
            let other = try DatabaseQueue(path: path)
            try await other.write { db in try db.execute(sql: "PRAGMA user_version = \(Migration.latest + 1)") }
            try other.close()
            let error = await #expect(throws: CarrelError.self) { try await store.resume() }
            #expect(error?.code == .storeNewer)
            await #expect(throws: CarrelError.self) { try await add("ada", to: store) }
            try await store.close()
        }
    }
}
