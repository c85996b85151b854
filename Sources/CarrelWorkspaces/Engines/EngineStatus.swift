public import CarrelCore

/// One engine, as the operators' API shows it.
public struct EngineStatus: Hashable, Sendable, Codable {
    public var name: EngineName
    public var kind: String
    /// Of `pause`, `attachHome`, `logs`, `stats`, `events`.
    public var capabilities: [String]
    public var findings: [EngineFinding]
    /// Instances at the last listing; nil if it failed.
    public var instances: Int?

    public init(
        name: EngineName,
        kind: String,
        capabilities: [String],
        findings: [EngineFinding],
        instances: Int?
    ) {
        self.name = name
        self.kind = kind
        self.capabilities = capabilities
        self.findings = findings
        self.instances = instances
    }
}
