import CarrelCore
import NIOCore

/// What comes back from the upstream.
extension ClientConnection {
    /// 100 and 103, but nothing that an old client would take for the response.
    func passInterim(_ head: ResponseHead, _ buffer: ByteBuffer) {
        guard !exchange.isOld else { return }
        var out = ByteBufferAllocator().buffer(capacity: 256)
        rewrite(head, buffer, .silent, into: &out)
        write(out)
    }

    /// The final response's head. The body follows by `forward`.
    func respond(_ head: ResponseHead, _ buffer: ByteBuffer) {
        noteFirstByte()
        outgoing = nil
        exchange.hasResponse = true
        // Where the body ends with the connection, or before the request did, the client can't send another on it.
        if head.framing == .untilClose, !exchange.isOld { exchange.reframing = .intoChunks }
        if head.framing == .chunked, exchange.isOld { exchange.reframing = .outOfChunks }
        let endsWithConnection = exchange.isOld && (head.framing == .untilClose || head.framing == .chunked)
        let closes = !exchange.keepsAlive || endsWithConnection || !requestDone || loop.isDraining
        exchange.keepsAlive = !closes
        var out = ByteBufferAllocator().buffer(capacity: 1024)
        rewrite(head, buffer, closes ? .close : exchange.isOld ? .keepAlive : .silent, into: &out)
        responseHead = out
    }

    /// Bytes of the body, framed as they came unless the client needs another framing.
    func forward(fromUpstream buffer: ByteBuffer) {
        guard exchange.reframing == .intoChunks, buffer.readableBytes > 0 else { return pass(buffer) }
        pass(ByteBuffer(string: String(buffer.readableBytes, radix: 16) + "\r\n"))
        pass(buffer)
        pass(ByteBuffer(staticString: "\r\n"))
    }

    private func pass(_ buffer: ByteBuffer) {
        guard buffer.readableBytes > 0 else { return }
        guard var head = responseHead else { return write(buffer) }
        responseHead = nil
        if buffer.readableBytes <= 8192 {
            head.writeImmutableBuffer(buffer)
            write(head)
        } else {
            write(head)
            write(buffer)
        }
    }

    func responseFinished() {
        upstream = nil
        guard phase == .exchange else { return }
        if exchange.reframing == .intoChunks { pass(ByteBuffer(staticString: "0\r\n\r\n")) }
        finishExchange()
    }

    func noteFirstByte() {
        guard let entry, entry.traffic.firstByteAt == nil else { return }
        entry.traffic.firstByteAt = loop.clock.now()
    }

    func rewrite(
        _ head: ResponseHead,
        _ buffer: ByteBuffer,
        _ connection: ResponseRewrite.Connection,
        into out: inout ByteBuffer
    ) {
        let rewrite = ResponseRewrite(
            mount: exchange.mount,
            reservedCookies: listener.hubCookies,
            host: exchange.host,
            connection: connection,
            reframing: exchange.reframing
        )
        buffer.withUnsafeReadableBytes { rewrite.write(head, $0, into: &out) }
    }
}
