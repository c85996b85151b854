import CarrelTesting
import Testing

@testable import EngineProcess

@Suite("The process engine keeps the contract of engines")
struct EngineContractTests {
    @Test("in its sandbox", .enabled(if: ProcessFixture.canSandbox), arguments: EngineContract.checks)
    func holdsInTheSandbox(_ check: EngineCheck) async throws {
        try await check.run(on: ProcessFixture(.auto))
    }

    @Test("without a sandbox", arguments: EngineContract.checks)
    func holdsWithoutSandbox(_ check: EngineCheck) async throws {
        try await check.run(on: ProcessFixture(.off))
    }
}
