public import CarrelCore

/// What the contract needs from whoever tests an engine: the real engine on a state of its own, and apps for it.
public protocol EngineFixture: Sendable {
    /// An engine, prepared, on this fixture's state. Asked again: another object on the same state, as after a restart.
    func engine() async throws -> any Engine
    /// An engine of another deployment on the same machine.
    func otherDeployment() async throws -> any Engine
    /// An app whose command is `sh -c script`.
    func app(_ script: String, withHome: Bool) throws -> App
    /// An app whose command does not exist; `name` is its program.
    func brokenApp(_ name: String) throws -> App
    /// A home that nobody used yet; the same for the same member.
    func home(_ member: String, for app: App) throws -> HomeMount
    /// Ends everything that was started here and removes what is left.
    func cleanUp() async throws
}

/// A sentence of the contract that an engine does not keep.
public struct ContractBroken: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// One sentence of the contract, and how it is checked.
public struct EngineCheck: Sendable, CustomStringConvertible {
    /// The sentence.
    public let description: String
    /// Whether the engine can be held to it: it needs the ability.
    public let applies: @Sendable (EngineCapabilities) -> Bool
    let check: @Sendable (EngineTrial) async throws -> Void

    init(
        _ description: String,
        if applies: @escaping @Sendable (EngineCapabilities) -> Bool = { _ in true },
        check: @escaping @Sendable (EngineTrial) async throws -> Void
    ) {
        self.description = description
        self.applies = applies
        self.check = check
    }

    /// Throws `ContractBroken`, or what the engine threw. Does nothing where it does not apply. Cleans up.
    public func run(on fixture: some EngineFixture) async throws {
        do {
            let engine = try await fixture.engine()
            if applies(await engine.capabilities) { try await check(EngineTrial(fixture: fixture, engine: engine)) }
        } catch {
            try? await fixture.cleanUp()
            throw error
        }
        try await fixture.cleanUp()
    }
}

/// Everything that the documentation of `Engine` promises, one check each.
public enum EngineContract {
    public static let checks: [EngineCheck] = lifecycle + homes + watching
}
