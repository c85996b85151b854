import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A text that must not be shown: it never prints, and encodes only as a digest.
public struct Secret: Hashable, Sendable, Encodable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let text: String

    public init(_ text: String) { self.text = text }

    /// The text itself, for the one place that needs it.
    public func reveal() -> String { text }

    public var description: String { "‹secret›" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode("sha256:" + SHA256.hash(data: Data(text.utf8)).hex)
    }
}

extension Sequence where Element == UInt8 {
    /// Two lower-case hexadecimal digits per byte.
    public var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in self {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// The value of an environment variable or header: a template, or a secret taken as it is.
public enum EnvironmentValue: Hashable, Sendable, Encodable {
    case template(Template)
    case secret(Secret)
}
