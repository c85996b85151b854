import CarrelTesting
import Testing

@Suite("The store in memory keeps the contract of stores")
struct MemoryStoreContractTests {
    @Test("in one process", arguments: StoreContract.checks)
    func holds(_ check: StoreCheck) async throws {
        try await check.run { body in try await body(MemoryStore()) }
    }

    @Test("shared by two processes", arguments: SharedStoreContract.checks)
    func holdsShared(_ check: SharedStoreCheck) async throws {
        try await check.run { body in
            let one = MemoryStore()
            try await body(one, MemoryStore(sharing: one))
        }
    }
}
