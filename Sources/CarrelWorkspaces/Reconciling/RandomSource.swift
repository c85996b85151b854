import CarrelCore
import Synchronization

/// Ids, tokens and jitter, from the source that was injected.
final class RandomSource: Sendable {
    private let generator: Mutex<any RandomNumberGenerator & Sendable>

    init(_ generator: any RandomNumberGenerator & Sendable) { self.generator = Mutex(generator) }

    func workspaceID() -> WorkspaceID { generator.withLock { WorkspaceID(from: &$0) } }

    /// 160 random bits.
    func token() -> String { generator.withLock { RandomText.base32(length: 32, from: &$0) } }

    /// From 0 to 1.
    func fraction() -> Double {
        generator.withLock { Double($0.next() >> 11) / Double(UInt64(1) << 53) }
    }
}
