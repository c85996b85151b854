import CarrelCore
import Synchronization

/// The injected source of randomness, shared by many tasks.
final class Randomness: Sendable {
    private struct Source: RandomNumberGenerator, Sendable {
        var base: any RandomNumberGenerator & Sendable
        mutating func next() -> UInt64 { base.next() }
    }

    private let source: Mutex<Source>

    init(_ base: some RandomNumberGenerator & Sendable) { source = Mutex(Source(base: base)) }

    func bytes(_ count: Int) -> [UInt8] {
        source.withLock { source in (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &source) } }
    }

    /// 256 random bits as 43 characters that are safe in URLs and cookies.
    func secret() -> String { UnpaddedBase64.encode(bytes(32)) }

    func sessionID() -> SessionID { source.withLock { SessionID(from: &$0) } }
    func tokenID() -> TokenID { source.withLock { TokenID(from: &$0) } }
}
