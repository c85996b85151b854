import CarrelTesting
import Testing

@testable import EngineDocker

@Suite("The Docker engine keeps the contract of engines", .enabled(if: DockerFixture.isThere))
struct EngineContractTests {
    @Test("with containers of a real engine", arguments: EngineContract.checks)
    func holds(_ check: EngineCheck) async throws { try await check.run(on: DockerFixture()) }
}
