import CarrelCore
import NIOCore

/// After a 101 both sides' bytes pass untouched, whatever the protocol.
extension ClientConnection {
    func switchProtocols(_ head: ResponseHead, _ buffer: ByteBuffer) {
        noteFirstByte()
        outgoing = nil
        phase = .tunnel
        // No request follows that would be compared with the last one.
        memo?.bytes = []
        clientFrames = WebSocketFrames()
        upstreamFrames = WebSocketFrames()
        wire?.becomeTunnel()
        rewrite(head, buffer, .upgrade)
        write(loop.headText.buffer())
        resume([.early, .connecting])
        if let early = inbound {
            inbound = nil
            tunnel(fromClient: early)
            flushUpstream()
        }
    }

    func tunnel(fromClient buffer: ByteBuffer) {
        // Of a protocol that is not known, everything counts as use.
        var isUse = true
        if exchange.upgrade == .webSocket { isUse = buffer.withUnsafeReadableBytes { clientFrames.consume($0) } }
        if isUse, let entry { entry.traffic.lastActiveAt = loop.clock.now() }
        send(buffer)
    }

    func tunnel(fromUpstream buffer: ByteBuffer) {
        if exchange.upgrade == .webSocket { _ = buffer.withUnsafeReadableBytes { upstreamFrames.consume($0) } }
        write(buffer)
    }

    /// The client sends no more.
    func clientEndedTunnel() {
        guard phase == .tunnel, !clientEnded else { return }
        clientEnded = true
        flushUpstream()
        if upstreamEnded { upstreamClosedTunnel() } else { upstream?.closeOutput() }
    }

    /// The upstream sends no more.
    func upstreamEndedTunnel() {
        guard phase == .tunnel, !upstreamEnded else { return }
        upstreamEnded = true
        flush()
        if clientEnded { upstreamClosedTunnel() } else { wire?.endOutput {} }
    }

    /// Nothing passes any more: what is on its way to the client still goes out.
    func upstreamClosedTunnel() {
        guard phase == .tunnel else { return }
        flush()
        upstream?.endTunnel()
        upstream = nil
        phase = .lingering
        leaveExchange()
        wire?.closeWhenSent()
    }

    /// Ends a tunnel from here; a WebSocket is told why, where no frame is cut by it.
    func closeTunnel(code: UInt16) {
        guard phase == .tunnel else { return }
        if exchange.upgrade == .webSocket, upstreamFrames.isAtBoundary {
            write(ByteBuffer(bytes: WebSocketFrames.close(code)))
        }
        dropUpstream()
        linger()
        // Who does not take what was sent before gets no frame either.
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        loop.eventLoop.scheduleTask(in: Self.lingerLimit) { bound.value.closeNow() }
    }

    /// The workspace, or the right to it, is gone.
    func withdraw(code: UInt16) {
        switch phase {
        case .tunnel: closeTunnel(code: code)
        case .exchange where exchange.hasResponse: abort()
        case .exchange: fail(entry == nil ? .hubDown : .upstream)
        case .awaitingHead: closeCalmly()
        case .held, .lingering, .closed: break
        }
    }
}
