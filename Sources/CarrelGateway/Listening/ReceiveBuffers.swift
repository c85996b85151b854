import NIOCore

/// Sizes as NIO's adaptive ones, from 512 B for quiet connections to 512 KiB for downloads; but what a read returned
/// belongs to whoever uses it, and nothing is kept for the next one.
///
/// NIO's pool keeps up to four buffers per channel, as large as the largest read: a tunnel has two channels, and after
/// 64 KiB each way it held 115,700 bytes, before any traffic 9,600. Without the pool: 5,570 both times. It costs a
/// `malloc` per read.
struct ReceiveBuffers: RecvByteBufferAllocator {
    /// With one message per read, NIO's pool has room for one buffer: the first, which it then never lets go. So the
    /// first is small; a connection's first read takes one more turn of the event loop.
    static let messagesPerRead: UInt = 1
    /// Bytes of one read. With it, and with room for as much in the kernel, all that a workspace could send in one go is
    /// one read and one write: 1.65 GB per second of CPU, with 256 KiB 1.15, and 0.95 without more room. There NIO and
    /// the sender went in lock-step, and the kernel, which gives room to readers who fall behind, stayed at 95,232 bytes.
    static let most = 524_288
    private static let first = 24

    private var sizes: AdaptiveRecvByteBufferAllocator
    private var isFirst: Bool

    /// - Parameters:
    ///   - most: bytes of one read.
    ///   - isFirst: whether the channel has read nothing yet.
    init(most: Int = ReceiveBuffers.most, isFirst: Bool = true) {
        sizes = .init(minimum: 512, initial: 2048, maximum: most)
        self.isFirst = isFirst
    }

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        isFirst ? allocator.buffer(capacity: Self.first) : sizes.buffer(allocator: allocator)
    }

    /// True: the pool may not use the buffer that it has again.
    mutating func record(actualReadBytes: Int) -> Bool {
        if isFirst { isFirst = false } else { _ = sizes.record(actualReadBytes: actualReadBytes) }
        return true
    }

    /// Nil: the pool looks for none among those that it has.
    func nextBufferSize() -> Int? { nil }
}
