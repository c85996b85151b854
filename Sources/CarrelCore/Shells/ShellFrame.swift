#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How command line and hub speak of a command while it runs: both ways a row of frames, each a letter, its content's length
/// in four bytes, greatest first, and its content.
public enum ShellFrame: Hashable, Sendable {
    /// To the hub.
    case input([UInt8])
    case inputEnd
    case resize(TerminalSize)
    /// From the hub.
    case output(ShellOutput)
    /// Last: the exit code, or a sentence that says why there is none.
    case ended(code: Int32?, because: String?)

    /// Longest content, in bytes.
    public static let limit = 1 << 20

    private struct End: Codable {
        var code: Int32?
        var because: String?
    }

    public var bytes: [UInt8] {
        let (letter, content): (Character, [UInt8]) =
            switch self {
            case .input(let bytes): ("i", bytes)
            case .inputEnd: ("e", [])
            case .resize(let size): ("r", Self.json(size))
            case .output(.standard(let bytes)): ("o", bytes)
            case .output(.error(let bytes)): ("x", bytes)
            case .ended(let code, let because): ("q", Self.json(End(code: code, because: because)))
            }
        let length = withUnsafeBytes(of: UInt32(truncatingIfNeeded: content.count).bigEndian) { Array($0) }
        return [letter.asciiValue ?? 0] + length + content
    }

    private static func json(_ value: some Encodable) -> [UInt8] {
        // Strings, numbers and lists of them: that can't fail.
        (try? JSONEncoder().encode(value)).map { Array($0) } ?? []
    }

    private init(_ letter: UInt8, _ content: [UInt8]) throws {
        func value<Value: Decodable>(_ type: Value.Type) throws -> Value {
            do { return try JSONDecoder().decode(type, from: Data(content)) } catch {
                throw Self.unintelligible
            }
        }
        switch Character(UnicodeScalar(letter)) {
        case "i": self = .input(content)
        case "e": self = .inputEnd
        case "r": self = .resize(try value(TerminalSize.self))
        case "o": self = .output(.standard(content))
        case "x": self = .output(.error(content))
        case "q":
            let end = try value(End.self)
            self = .ended(code: end.code, because: end.because)
        default: throw Self.unintelligible
        }
    }

    public static let unintelligible = CarrelError(.invalid, "The other side says something that can't be understood.")

    /// Takes frames out of bytes that come in any pieces.
    public struct Reader: Sendable {
        private var rest: [UInt8] = []

        public init() {}

        /// Throws `invalid` for what is no frame, and for one that is too long.
        public mutating func feed(_ bytes: some Sequence<UInt8>) throws -> [ShellFrame] {
            rest += bytes
            var frames: [ShellFrame] = []
            var start = 0
            while rest.count - start >= 5 {
                let length = rest[start + 1..<start + 5].reduce(0) { $0 << 8 | Int($1) }
                guard length <= ShellFrame.limit else { throw ShellFrame.unintelligible }
                guard rest.count - start - 5 >= length else { break }
                frames.append(try ShellFrame(rest[start], Array(rest[start + 5..<start + 5 + length])))
                start += 5 + length
            }
            rest.removeFirst(start)
            return frames
        }
    }
}
