/// Identifiers are written as their text and refused when the text is none of theirs.
extension WorkspaceID: Codable {}
extension UserID: Codable {}
extension SessionID: Codable {}
extension TokenID: Codable {}
extension AppID: Codable {}
extension EngineName: Codable {}
extension WorkspaceName: Codable {}

/// An identifier that reads and writes itself as one string.
public protocol TextIdentifier: Codable, CustomStringConvertible {
    init?(_ text: String)
}

extension WorkspaceID: TextIdentifier {}
extension UserID: TextIdentifier {}
extension SessionID: TextIdentifier {}
extension TokenID: TextIdentifier {}
extension AppID: TextIdentifier {}
extension EngineName: TextIdentifier {}
extension WorkspaceName: TextIdentifier {}

extension TextIdentifier {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Self(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a \(Self.self): \(text)")
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
