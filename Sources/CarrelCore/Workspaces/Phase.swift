/// Where a workspace is in its life. See the table in `docs/architecture.md`.
public enum Phase: String, Hashable, Sendable, Codable, CaseIterable {
    /// Claimed, waiting for room: has an id and an owner, no instance.
    case queued
    /// The engine was told; with or without owner.
    case starting
    /// Answers; with owner, or a spare.
    case ready
    /// Frozen, memory kept.
    case paused
    /// Being taken down.
    case stopping
    /// Gone; the row, its reason and its last log lines stay.
    case ended

    public var isLiving: Bool { self != .ended }
}

/// Why a workspace ended. Nothing ends without one.
public enum EndReason: Hashable, Sendable {
    case idle, lifetime, user, `operator`, replaced, lost
    /// A sentence.
    case failed(String)
}

extension EndReason: CustomStringConvertible, Codable {
    public var description: String {
        switch self {
        case .idle: "idle"
        case .lifetime: "lifetime"
        case .user: "user"
        case .operator: "operator"
        case .replaced: "replaced"
        case .lost: "lost"
        case .failed(let sentence): "failed: \(sentence)"
        }
    }

    public init?(_ text: String) {
        switch text {
        case "idle": self = .idle
        case "lifetime": self = .lifetime
        case "user": self = .user
        case "operator": self = .operator
        case "replaced": self = .replaced
        case "lost": self = .lost
        default:
            guard text.hasPrefix("failed: ") else { return nil }
            self = .failed(String(text.dropFirst(8)))
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let reason = Self(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a reason: \(text)")
        }
        self = reason
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
