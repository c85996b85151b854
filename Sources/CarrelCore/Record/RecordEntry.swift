import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One line of the append-only record. Names people by id only.
public struct RecordEntry: Hashable, Sendable, Codable {
    public var at: Timestamp
    /// `workspace.claimed`, `session.created`, `user.added`, `token.revoked`, …
    public var kind: String
    public var actor: Actor
    public var workspace: WorkspaceID?
    public var user: UserID?
    public var details: [String: String]

    public init(
        at: Timestamp,
        kind: String,
        actor: Actor,
        workspace: WorkspaceID? = nil,
        user: UserID? = nil,
        details: [String: String] = [:]
    ) {
        self.at = at
        self.kind = kind
        self.actor = actor
        self.workspace = workspace
        self.user = user
        self.details = details
    }
}

/// An entry in its place in one writer's chain: each carries the hash of the one before.
public struct ChainedEntry: Hashable, Sendable, Codable {
    /// Who wrote it: `hub`, `command-line`. One chain each.
    public let chain: String
    /// From 1, without gaps.
    public let sequence: Int64
    public let entry: RecordEntry
    /// Hexadecimal SHA-256 of the one before; 64 zeros for the first.
    public let previous: String
    public let hash: String

    public static let genesis = String(repeating: "0", count: 64)

    public init(chain: String, sequence: Int64, entry: RecordEntry, previous: String) {
        self.chain = chain
        self.sequence = sequence
        self.entry = entry
        self.previous = previous
        hash = Self.digest(chain: chain, sequence: sequence, entry: entry, previous: previous)
    }

    /// False when anything in it was changed after it was written.
    public var isIntact: Bool {
        hash == Self.digest(chain: chain, sequence: sequence, entry: entry, previous: previous)
    }

    private static func digest(chain: String, sequence: Int64, entry: RecordEntry, previous: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings, integers and dictionaries of them: encoding cannot fail.
        let body = (try? encoder.encode(entry)) ?? Data()
        var hash = SHA256()
        hash.update(data: Data("\(previous)\n\(chain)\n\(sequence)\n".utf8))
        hash.update(data: body)
        return hash.finalize().hex
    }
}
