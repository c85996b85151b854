/// A service that somebody else started beside the workspaces, and lets members see through carrel. Nobody owns it, and
/// carrel never stops it.
public struct ExposedService: Hashable, Sendable {
    /// Lower-case letters, digits and hyphens, at most 40; one service of an engine has it.
    public var name: String
    /// For people; the name where it has none.
    public var title: String
    public var endpoint: Endpoint
    /// Who may open it; nil: every member.
    public var access: AccessRule?
    public var prefix: PrefixRule

    public init(name: String, title: String, endpoint: Endpoint, access: AccessRule?, prefix: PrefixRule) {
        self.name = name
        self.title = title
        self.endpoint = endpoint
        self.access = access
        self.prefix = prefix
    }
}

public protocol ExposedListing: Sendable {
    /// Every service that runs and says rightly who may open it, in the order of the names; and a sentence for operators
    /// about each that does not. Throws `CarrelError` if the engine does not say.
    func exposed() async throws -> (services: [ExposedService], findings: [EngineFinding])

    /// Tells whenever the listing may have changed. May lose some, may repeat.
    func exposedChanges() -> AsyncStream<Void>
}
