import NIOCore

extension Channel {
    /// What is other for a tunnel. Before any call of it the channel is an ordinary connection's.
    ///
    /// Many tunnels are open for long, and some readers stop for good: of such a one at most a read and the upper mark
    /// are held in each direction, 96 KiB, instead of 768. Kernel messages pass as fast.
    func becomeTunnel() {
        guard let options = syncOptions else { return }
        // A side that ends may still be sent to.
        try? options.setOption(.allowRemoteHalfClosure, value: true)
        try? options.setOption(.recvAllocator, value: ReceiveBuffers(most: 65_536, isFirst: false))
        try? options.setOption(.writeBufferWaterMark, value: .init(low: 8_192, high: 32_768))
    }
}
