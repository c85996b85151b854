import CarrelCore

/// A message of the pool-service protocol.
struct PoolCommand: Decodable, Sendable {
    struct Payload: Decodable, Sendable {
        var userId: String?
        /// An app's id.
        var purpose: String?
        var instanceId: String?
    }

    var command: String
    var payload: Payload?

    /// The workspace that it names. Throws `invalid` without one, `notFound` if it can't be one.
    func instance() throws -> WorkspaceID {
        guard let text = payload?.instanceId else { throw CarrelError(.invalid, "“payload.instanceId” is missing.") }
        guard let id = WorkspaceID(text) else { throw PoolService.unknownInstance }
        return id
    }
}

/// One workspace in the protocol's words: the app's labels beside the fixed fields.
struct PoolInstance: Encodable, Sendable {
    let instanceId: WorkspaceID
    let url: String?
    let userId: String
    let phase: Phase
    let labels: [String: String]

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(_ text: String) { stringValue = text }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        let fixed: Set<String> = ["instanceId", "url", "userId", "phase"]
        for (name, value) in labels where !fixed.contains(name) { try container.encode(value, forKey: Key(name)) }
        try container.encode(instanceId, forKey: Key("instanceId"))
        try container.encode(url, forKey: Key("url"))
        try container.encode(userId, forKey: Key("userId"))
        try container.encode(phase, forKey: Key("phase"))
    }
}
