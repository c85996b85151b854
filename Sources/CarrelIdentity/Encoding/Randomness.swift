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
        source.withLock { source in
            var bytes: [UInt8] = []
            bytes.reserveCapacity(count + 8)
            while bytes.count < count {
                withUnsafeBytes(of: source.next()) { bytes.append(contentsOf: $0) }
            }
            return Array(bytes.prefix(count))
        }
    }

    /// 256 random bits as 43 characters that are safe in URLs and cookies.
    func secret() -> String { UnpaddedBase64.encode(bytes(32)) }

    func sessionID() -> SessionID { source.withLock { SessionID(from: &$0) } }
    func tokenID() -> TokenID { source.withLock { TokenID(from: &$0) } }
}
