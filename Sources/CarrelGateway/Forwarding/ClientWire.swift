import NIOCore

/// What a `ClientConnection` writes to and is read from: a socket's channel, or one stream of HTTP/2.
protocol ClientWire: AnyObject {
    /// False: what is written piles up.
    var takesMore: Bool { get }
    func send(_ buffer: ByteBuffer)
    func flush()
    /// False: nothing more is read, and who sends feels it.
    func setReading(_ isReading: Bool)
    /// Nothing follows what was written; `whenSent`: when all of it has left.
    func endOutput(whenSent: @escaping () -> Void)
    /// Closes at once; what has not left is lost.
    func cutOff()
    /// Closes when what was written has left, so that the client sees that something is missing.
    func breakOff()
    /// Closes in good order when what was written has left.
    func closeWhenSent()
    /// It carries a tunnel from now on.
    func becomeTunnel()
}

/// Who is behind a wire.
protocol WireUser: AnyObject {
    func received(_ buffer: ByteBuffer)
    /// Nothing more is there for the moment.
    func receivedAll()
    func wireChanged(takesMore: Bool)
    /// It is gone.
    func wireClosed()
}

/// A socket's: the handler's own context, so that a connection needs no further object.
extension ChannelHandlerContext: ClientWire {
    var takesMore: Bool { channel.isWritable }

    func send(_ buffer: ByteBuffer) { write(NIOAny(buffer), promise: nil) }

    func setReading(_ isReading: Bool) { try? channel.syncOptions?.setOption(.autoRead, value: isReading) }

    func endOutput(whenSent: @escaping () -> Void) {
        let closed = eventLoop.makePromise(of: Void.self)
        closed.futureResult.assumeIsolated().whenComplete { _ in whenSent() }
        close(mode: .output, promise: closed)
    }

    func cutOff() { close(promise: nil) }

    func breakOff() {
        channel.resetWhenClosed()
        closeWhenSent()
    }

    func closeWhenSent() {
        writeAndFlush(NIOAny(ByteBuffer())).assumeIsolated().whenComplete { _ in self.close(promise: nil) }
    }

    func becomeTunnel() { channel.becomeTunnel() }
}
