import CarrelCore
import CarrelTesting
import Testing

@testable import CarrelIdentity

/// Something that somebody tries, and how it must be refused.
struct Attack: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let codes: Set<CarrelError.Code>
    /// Runs the attack; what it throws is the refusal.
    let run: @Sendable (ProviderFixture) async throws -> Void

    init(
        _ name: String,
        _ codes: Set<CarrelError.Code> = [.unauthenticated],
        _ run: @escaping @Sendable (ProviderFixture) async throws -> Void
    ) {
        testDescription = name
        self.codes = codes
        self.run = run
    }

    /// Fails the test unless the attack is refused, in the right way, and nobody is signed in by it.
    func mustFail(in fixture: ProviderFixture) async throws {
        let refusal = try await fixture.refusal { try await run(fixture) }
        #expect(codes.contains(refusal.code), "\(refusal)")
        #expect(try await fixture.store.user(provider: "company", subject: "ada") == nil)
        #expect(!refusal.message.contains("canary"))
        #expect(!refusal.description.contains("canary"))
        #expect(!fixture.log.text.contains("canary"))
    }
}
