import Logging
import NIOCore
import NIOSSL
import NIOTLS

/// The beginning of a connection that does not begin with a request: reads the header of a load balancer, or lets TLS
/// shake hands, or both. Then it puts in its place what serves the protocol that was agreed upon, and is gone.
final class Arrival: ChannelInboundHandler, RemovableChannelHandler, Entrance {
    typealias InboundIn = ByteBuffer

    private enum Phase { case header, handshake, over }

    private let loop: LoopState
    private let listener: ListenerPlan
    private var peer: ClientPeer
    private var phase: Phase
    private var context: ChannelHandlerContext?
    private var inbound: ByteBuffer?
    private var isCounted = false
    private let since = NIODeadline.now()

    private init(loop: LoopState, listener: ListenerPlan, peer: ClientPeer, phase: Phase) {
        self.loop = loop
        self.listener = listener
        self.peer = peer
        self.phase = phase
    }

    /// Puts up what serves a new connection of this listener.
    static func receive(_ channel: any Channel, loop: LoopState, listener: ListenerPlan) throws {
        let pipeline = channel.pipeline.syncOperations
        let peer = ClientPeer(channel, listener: listener)
        if listener.proxies.contains(peer.address) {
            try pipeline.addHandler(Arrival(loop: loop, listener: listener, peer: peer, phase: .header))
        } else if let tls = listener.configuration.tls {
            try pipeline.addHandler(NIOSSLServerHandler(context: tls.certificate.context))
            try pipeline.addHandler(Arrival(loop: loop, listener: listener, peer: peer, phase: .handshake))
        } else {
            try pipeline.addHandler(ClientConnection(loop: loop, listener: listener, peer: peer))
        }
    }

    // MARK: - The channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        leave()
    }

    func channelActive(context: ChannelHandlerContext) {
        loop.add(self)
        if phase == .handshake { count() }
        if loop.isDraining { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase == .header else { return context.fireChannelRead(data) }
        let buffer = unwrapInboundIn(data)
        if inbound == nil { inbound = buffer } else { inbound?.writeImmutableBuffer(buffer) }
        readHeader(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if phase == .handshake, case TLSUserEvent.handshakeCompleted(let negotiated)? = event as? TLSUserEvent {
            handOver(context, speaks: negotiated)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    // MARK: - The header of a load balancer

    private func readHeader(_ context: ChannelHandlerContext) {
        guard var buffer = inbound else { return }
        switch ProxyHeader.read(buffer) {
        case .incomplete: return
        case .malformed:
            listener.tellOfMissingProxyHeader(from: peer.address, loop.logger)
            context.close(promise: nil)
        case .complete(let address, let length):
            buffer.moveReaderIndex(forwardBy: length)
            inbound = nil
            if let address { peer = ClientPeer(address: address, listener: listener) }
            goOn(context, with: buffer)
        }
    }

    private func goOn(_ context: ChannelHandlerContext, with rest: ByteBuffer) {
        guard let tls = listener.configuration.tls else {
            handOver(context, speaks: nil)
            if rest.readableBytes > 0 { forward(rest, context) }
            return
        }
        phase = .handshake
        guard count() else { return }
        do {
            let handler = NIOSSLServerHandler(context: tls.certificate.context)
            try context.pipeline.syncOperations.addHandler(handler, position: .before(self))
        } catch {
            return context.close(promise: nil)
        }
        if rest.readableBytes > 0 { forward(rest, context) }
    }

    /// From the front of the pipeline, where other handlers stand now.
    private func forward(_ rest: ByteBuffer, _ context: ChannelHandlerContext) {
        context.pipeline.syncOperations.fireChannelRead(NIOAny(rest))
        context.pipeline.syncOperations.fireChannelReadComplete()
    }

    // MARK: - The end of it

    /// What serves the connection takes its place.
    private func handOver(_ context: ChannelHandlerContext, speaks negotiated: String?) {
        phase = .over
        leave()
        let pipeline = context.pipeline.syncOperations
        do {
            if negotiated == TLSSettings.http2 {
                try HTTP2Connection.serve(context.channel, loop: loop, listener: listener, peer: peer)
            } else {
                let connection = ClientConnection(loop: loop, listener: listener, peer: peer)
                try pipeline.addHandler(connection, position: .after(self))
            }
        } catch {
            return context.close(promise: nil)
        }
        // They never saw it become active.
        context.fireChannelActive()
        pipeline.removeHandler(self, promise: nil)
    }

    /// False, and closed, if its client has too many open.
    @discardableResult
    private func count() -> Bool {
        guard !isCounted else { return true }
        isCounted = true
        if listener.counter.open(peer.address) || peer.isTrusted { return true }
        context?.close(promise: nil)
        return false
    }

    private func leave() {
        if isCounted { listener.counter.close(peer.address) }
        isCounted = false
        loop.remove(self)
    }

    func sweep() {
        if loop.now - since > TimeAmount(loop.limits.headerTimeout) { closeNow() }
    }

    func drain() { closeNow() }

    func closeNow() { context?.close(promise: nil) }
}
