/// The rules for identifiers that go into URLs, container names and DNS labels.
enum IdentifierRules {
    /// RFC 4648 base32 in lower case, without padding.
    static let base32 = Array("abcdefghijklmnopqrstuvwxyz234567")

    static func isRandomPart(_ text: some StringProtocol) -> Bool { RandomPart(text.utf8) != nil }

    /// Lower-case letters, digits and hyphens; starts with a letter or digit; at most `limit` bytes.
    static func isLabel(_ text: some StringProtocol, limit: Int) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= limit, first != 45 else { return false }
        return text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
    }
}

/// Names one workspace for ever: `ws-` and 16 characters of base32 (80 random bits), valid as a DNS label.
public struct WorkspaceID: Hashable, Sendable, Comparable, CustomStringConvertible {
    private let random: RandomPart

    public var description: String { random.text(after: "ws-") }

    /// Nil unless the text has exactly the shape of a workspace id.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.starts(with: "ws-".utf8), let random = RandomPart(text.utf8.dropFirst(3)) else { return nil }
        self.random = random
    }

    /// Length of its text in bytes.
    public static let textLength = 3 + RandomPart.length

    /// Nil unless the bytes are exactly those of a workspace id: nothing is decoded or normalised.
    public init?(utf8 bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.textLength, bytes[0] == UInt8(ascii: "w"), bytes[1] == UInt8(ascii: "s"),
            bytes[2] == UInt8(ascii: "-"),
            let random = RandomPart(UnsafeRawBufferPointer(rebasing: bytes[3...]))
        else { return nil }
        self.random = random
    }

    public init(from source: inout some RandomNumberGenerator) { random = RandomPart(from: &source) }

    public static func < (left: Self, right: Self) -> Bool { left.random < right.random }
}

/// Names one member for ever, whatever they are called and however they sign in: `u-` and 16 characters of base32.
public struct UserID: Hashable, Sendable, Comparable, CustomStringConvertible {
    private let random: RandomPart

    public var description: String { random.text(after: "u-") }

    /// Nil unless the text has exactly the shape of a user id.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.starts(with: "u-".utf8), let random = RandomPart(text.utf8.dropFirst(2)) else { return nil }
        self.random = random
    }

    public init(from source: inout some RandomNumberGenerator) { random = RandomPart(from: &source) }

    public static func < (left: Self, right: Self) -> Bool { left.random < right.random }
}

/// Names one signed-in session: `s-` and 16 characters of base32. Not a secret: the cookie's signature is.
public struct SessionID: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init?(_ text: some StringProtocol) {
        guard text.hasPrefix("s-"), IdentifierRules.isRandomPart(text.dropFirst(2)) else { return nil }
        description = String(text)
    }

    public init(from random: inout some RandomNumberGenerator) {
        description = "s-" + RandomText.base32(length: 16, from: &random)
    }
}

/// Names one API token in lists and records: `t-` and 16 characters of base32. Not the token itself.
public struct TokenID: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init?(_ text: some StringProtocol) {
        guard text.hasPrefix("t-"), IdentifierRules.isRandomPart(text.dropFirst(2)) else { return nil }
        description = String(text)
    }

    public init(from random: inout some RandomNumberGenerator) {
        description = "t-" + RandomText.base32(length: 16, from: &random)
    }
}

/// The configured name of an app: a label of at most 40 lower-case letters, digits and hyphens.
public struct AppID: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let description: String

    public init?(_ text: some StringProtocol) {
        guard IdentifierRules.isLabel(text, limit: 40) else { return nil }
        description = String(text)
    }

    public static func < (left: Self, right: Self) -> Bool { left.description < right.description }
}

/// The configured name of an engine: a label of at most 40 lower-case letters, digits and hyphens.
public struct EngineName: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let description: String

    public init?(_ text: some StringProtocol) {
        guard IdentifierRules.isLabel(text, limit: 40) else { return nil }
        description = String(text)
    }

    public static func < (left: Self, right: Self) -> Bool { left.description < right.description }
}

/// What a member calls one of several workspaces of an app: a label of at most 40 characters.
public struct WorkspaceName: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let description: String
    /// The name when none is given.
    public static let unnamed = Self(unchecked: "default")

    public init?(_ text: some StringProtocol) {
        guard IdentifierRules.isLabel(text, limit: 40) else { return nil }
        description = String(text)
    }

    private init(unchecked: String) { description = unchecked }

    public static func < (left: Self, right: Self) -> Bool { left.description < right.description }
}
