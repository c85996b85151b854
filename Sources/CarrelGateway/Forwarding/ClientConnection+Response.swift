import CarrelCore
import NIOCore

/// What comes back from the upstream.
extension ClientConnection {
    /// 100 and 103, but nothing that an old client would take for the response.
    func passInterim(_ head: ResponseHead, _ buffer: ByteBuffer) {
        guard !exchange.isOld else { return }
        rewrite(head, buffer, .silent)
        write(loop.headText.buffer())
    }

    /// Up to so many bytes of a body are copied behind the head: less work than a write of two parts.
    private static let smallBody = 8192

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
        rewrite(head, buffer, closes ? .close : exchange.isOld ? .keepAlive : .silent)
        // The small body that mostly follows is written into the same memory.
        let room = min(buffer.readableBytes, Self.smallBody)
        let spare = loop.spare
        loop.spare = ByteBuffer()
        responseHead = loop.headText.buffer(room: room, reusing: spare)
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
        if buffer.readableBytes <= Self.smallBody {
            head.writeImmutableBuffer(buffer)
            write(head)
            loop.spare = head
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

    /// Into the event loop's `headText`.
    func rewrite(
        _ head: ResponseHead,
        _ buffer: ByteBuffer,
        _ connection: ResponseRewrite.Connection
    ) {
        let rewrite = ResponseRewrite(
            mount: exchange.mount,
            reservedCookies: listener.hubCookies,
            host: exchange.host,
            connection: connection,
            added: listener.responseLines,
            reframing: exchange.reframing
        )
        buffer.withUnsafeReadableBytes { rewrite.write(head, $0, into: loop.headText) }
    }
}
