import NIOCore

/// One connection to a workspace or the hub: reads responses, tracks their framing, and hands the bytes to the client
/// it is leased to. Lives on one event loop.
final class UpstreamConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase { case resting, awaitingHead, body, tunnel, closed }

    private let pool: UpstreamPool
    private unowned let loop: LoopState
    private var context: ChannelHandlerContext?
    /// Whom it works for; nil while it rests.
    private var client: ClientConnection?
    private var phase = Phase.resting
    private(set) var idleSince = NIODeadline.uptimeNanoseconds(0)
    /// Whether it has carried no exchange yet.
    var isFresh = true
    private var isCounted = true
    private var inbound: ByteBuffer?
    private var headEnd = HeadEnd()
    /// Of all heads of this response, interim ones included: a flood of those ends too.
    private var headBytes = 0
    /// Whether the last read filled its buffer: more may wait in the socket.
    private var mayHaveMore = false
    private var body = BodyFollower(.none)
    private var keepsAlive = false
    /// Whether any byte of the response came.
    private(set) var hasAnswered = false
    private var hasFailed = false
    private var isPaused = false
    /// As the channel last said.
    private(set) var isWritable = true

    init(pool: UpstreamPool, loop: LoopState) {
        self.pool = pool
        self.loop = loop
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    var isUsable: Bool { phase == .resting && context?.channel.isActive == true }

    // MARK: - Leases

    func lease(to client: ClientConnection) {
        self.client = client
        phase = .awaitingHead
        hasAnswered = false
        headEnd = HeadEnd()
        headBytes = 0
        // Whom it served before may have taken no more: that is not this client's trouble.
        setPaused(false)
    }

    func rest(since now: NIODeadline) {
        phase = .resting
        client = nil
        idleSince = now
        setPaused(false)
    }

    /// The client needs it no more, in the middle of an exchange.
    func abandon() {
        client = nil
        close()
    }

    func close() {
        guard phase != .closed else { return }
        phase = .closed
        inbound = nil
        leavePool()
        context?.close(promise: nil)
    }

    /// The tunnel's other end is gone: what was written still goes out.
    func endTunnel() {
        guard phase != .closed, let context else { return }
        phase = .closed
        client = nil
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }

    private func leavePool() {
        guard isCounted else { return }
        isCounted = false
        pool.leave(self)
    }

    // MARK: - Towards the upstream

    func write(_ buffer: ByteBuffer) { context?.write(wrapOutboundOut(buffer), promise: nil) }

    func flush() { context?.flush() }

    /// Ends what is sent to it; what it still sends is read.
    func closeOutput() { context?.close(mode: .output, promise: nil) }

    /// While the client takes no more, nothing more is read: the upstream feels it through its own socket's buffer.
    func setPaused(_ paused: Bool) {
        guard paused != isPaused, let channel = context?.channel else { return }
        isPaused = paused
        try? channel.syncOptions?.setOption(.autoRead, value: !paused)
    }

    // MARK: - From the upstream

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        mayHaveMore = buffer.writableBytes == 0
        switch phase {
        case .resting: close()
        case .awaitingHead:
            hasAnswered = true
            if inbound == nil { inbound = buffer } else { inbound?.writeImmutableBuffer(buffer) }
            readHeads()
        case .body: readBody(buffer)
        case .tunnel: client?.tunnel(fromUpstream: buffer)
        case .closed: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { client?.flushSoon() }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        client?.upstreamWritabilityChanged(isWritable)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent, phase == .tunnel { client?.upstreamEndedTunnel() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        hasFailed = true
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        guard phase != .closed else { return }
        let (client, last) = (client, phase)
        self.client = nil
        phase = .closed
        inbound = nil
        leavePool()
        switch last {
        case .awaitingHead: client?.upstreamClosed(self, before: .head)
        case .body where body.endsWithConnection && !hasFailed: client?.responseFinished()
        case .body: client?.upstreamClosed(self, before: .bodyEnd)
        case .tunnel: client?.upstreamClosedTunnel()
        case .resting, .closed: break
        }
    }

    private func readHeads() {
        while phase == .awaitingHead, let buffer = inbound, let client {
            switch buffer.withUnsafeReadableBytes({ headEnd.find(in: $0) }) {
            case .incomplete:
                if buffer.readableBytes > loop.limits.headBytes { garbage() }
                return
            case .bareLineFeed: return garbage()
            case .complete(let length):
                headBytes += length
                guard headBytes <= loop.limits.headBytes else { return garbage() }
                headEnd = HeadEnd()
                let head = loop.responseHead
                let isSound = buffer.withUnsafeReadableBytes { raw in
                    head.scan(
                        UnsafeRawBufferPointer(rebasing: raw[..<length]),
                        answersHead: client.exchange.isHead,
                        maxHeaders: loop.limits.headerCount
                    )
                }
                guard isSound else { return garbage() }
                take(head, buffer, length, for: client)
            }
        }
    }

    /// Hands one head on. `inbound` keeps what follows it.
    private func take(_ head: ResponseHead, _ buffer: ByteBuffer, _ length: Int, for client: ClientConnection) {
        var rest = buffer
        rest.moveReaderIndex(forwardBy: length)
        inbound = rest.readableBytes > 0 ? rest : nil
        if head.status == 101 {
            guard client.exchange.upgrade != .none else { return garbage() }
            phase = .tunnel
            leavePool()
            context?.channel.becomeTunnel()
            client.switchProtocols(head, buffer)
            if let rest = inbound { client.tunnel(fromUpstream: rest) }
            inbound = nil
        } else if head.status < 200 {
            client.passInterim(head, buffer)
        } else {
            keepsAlive = head.keepsAlive
            body = BodyFollower(head.framing)
            phase = .body
            client.respond(head, buffer)
            inbound = nil
            if body.isFinished {
                finish(left: rest.readableBytes)
            } else if rest.readableBytes > 0 {
                readBody(rest)
            }
        }
    }

    private func readBody(_ buffer: ByteBuffer) {
        if client?.exchange.reframing == .outOfChunks { return readBodyOutOfChunks(buffer) }
        switch buffer.withUnsafeReadableBytes({ body.consume($0) }) {
        case .more: client?.forward(fromUpstream: buffer)
        case .finished(let count):
            client?.forward(fromUpstream: buffer.getSlice(at: buffer.readerIndex, length: count) ?? buffer)
            finish(left: buffer.readableBytes - count)
        case .malformed: breakOff()
        }
    }

    private func readBodyOutOfChunks(_ buffer: ByteBuffer) {
        var content = ByteBuffer()
        let progress = buffer.withUnsafeReadableBytes { raw in body.consume(raw) { content.writeBytes(raw[$0]) } }
        if progress != .malformed { client?.forward(fromUpstream: content) }
        switch progress {
        case .more: break
        case .finished(let count): finish(left: buffer.readableBytes - count)
        case .malformed: breakOff()
        }
    }

    private func breakOff() {
        let client = client
        abandon()
        client?.upstreamClosed(self, before: .bodyEnd)
    }

    /// The response is whole. With bytes left over, or the request not wholly sent, nobody else may have it; nor after
    /// an upgrade that was refused: some servers (SwiftNIO's among them) read no further request there.
    private func finish(left: Int) {
        let client = client
        let isClean =
            keepsAlive && left == 0 && !mayHaveMore && client?.requestDone == true && client?.requestSent == true
            && client?.exchange.upgrade == Exchange.Upgrade.none
        self.client = nil
        isFresh = false
        // First back to the pool, so that the client's next request finds it there.
        if isClean { pool.release(self) } else { close() }
        client?.responseFinished()
    }

    private func garbage() {
        let client = client
        abandon()
        client?.upstreamClosed(self, before: .soundHead)
    }
}
