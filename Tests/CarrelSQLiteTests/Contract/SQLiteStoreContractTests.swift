import CarrelTesting
import Testing

@Suite("SQLite keeps the contract of stores")
struct SQLiteStoreContractTests {
    @Test("in one process", arguments: StoreContract.checks)
    func holds(_ check: StoreCheck) async throws {
        try await check.run { body in try await withSQLiteStore { store in try await body(store) } }
    }

    @Test("shared by two processes", arguments: SharedStoreContract.checks)
    func holdsShared(_ check: SharedStoreCheck) async throws {
        try await check.run { body in try await withSharedStore { one, two in try await body(one, two) } }
    }
}
