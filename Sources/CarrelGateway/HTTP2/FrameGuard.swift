import Logging
import NIOCore

/// Stands between TLS and HTTP/2, where both are bytes. Bounds what `NIOHTTP2Handler` does not, and makes one write of
/// many small ones.
///
/// NIOHTTP2 itself bounds resets, PING, SETTINGS and PRIORITY frames, empty DATA frames, CONTINUATION frames, the size
/// of decoded headers, streams, and answers that nobody reads. It does not bound what is well-formed and useless:
/// WINDOW_UPDATE by the byte, DATA by the byte, frames of unknown types. Here each frame costs one and useful bytes
/// earn: a client whose frames bring nothing in either direction runs out of what a second brings.
final class FrameGuard: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = ByteBuffer

    /// Frames that a client may send at once without bringing or fetching anything.
    static let burst = 10_000
    /// And per second.
    static let perSecond: Int64 = 1000
    /// Bytes, in either direction, that earn one frame.
    static let bytesPerFrame = 256
    /// For a request: its HEADERS, and the WINDOW_UPDATE or RST_STREAM that may follow.
    static let framesPerRequest = 4
    /// What a malformed request costs: a hundred at once, and then ten per second.
    static let framesPerFault = 100
    /// After a GOAWAY that names an error the client's bytes are passed over for so long and so far, or a reset would
    /// take the GOAWAY from it.
    static let patience = TimeAmount.milliseconds(500)
    static let leftovers = 1 << 20
    /// Smaller writes become one. TLS makes a record of each, with 22 bytes and some hundred nanoseconds of its own.
    static let together = 4096

    private let loop: LoopState
    private var context: ChannelHandlerContext?
    private var follower = FrameFollower()
    private var credit = FrameGuard.burst
    private var creditedAt: NIODeadline
    private var headersSince: NIODeadline?
    private var isEnding = false
    private var leftover = 0
    private var pending: ByteBuffer?
    private var pendingPromise: EventLoopPromise<Void>?
    private var flushIsDue = false

    init(loop: LoopState) {
        self.loop = loop
        creditedAt = loop.now
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        pending = nil
        pendingPromise?.fail(ChannelError.ioOnClosedChannel)
        pendingPromise = nil
    }

    /// Whether a block of headers does not come to its end.
    var isStalled: Bool {
        headersSince.map { loop.now - $0 > TimeAmount(loop.limits.headerTimeout) } ?? false
    }

    // MARK: - From the client

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        guard !isEnding else {
            leftover += buffer.readableBytes
            if leftover > Self.leftovers { context.close(promise: nil) }
            return
        }
        refill()
        buffer.withUnsafeReadableBytes { raw in
            follower.consume(raw) { frame in
                credit -= 1
                if frame.type == FrameFollower.Frame.headers { credit += Self.framesPerRequest }
                if frame.type == FrameFollower.Frame.data { credit += frame.length / Self.bytesPerFrame }
            }
        }
        if !follower.isInsideHeaders { headersSince = nil } else if headersSince == nil { headersSince = .now() }
        guard credit >= 0 else { return endCalmly(context) }
        context.fireChannelRead(data)
    }

    /// A request was no request: its stream is reset, and the connection ends where many are.
    func noteMalformed() {
        credit -= Self.framesPerFault
        if credit < 0, !isEnding, let context { endCalmly(context) }
    }

    private func refill() {
        guard loop.now > creditedAt else { return }
        let earned = (loop.now - creditedAt).nanoseconds / 1_000_000 * Self.perSecond / 1000
        guard earned > 0 else { return }
        creditedAt = loop.now
        credit = min(credit, Self.burst) + Int(min(earned, Int64(Self.burst)))
        credit = min(credit, Self.burst)
    }

    /// GOAWAY with ENHANCE_YOUR_CALM (RFC 9113 section 7), of no stream in particular.
    private func endCalmly(_ context: ChannelHandlerContext) {
        let goAway: [UInt8] = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11]
        write(context: context, data: NIOAny(IOData.byteBuffer(ByteBuffer(bytes: goAway))), promise: nil)
        sendPending(context)
        context.flush()
    }

    // MARK: - Towards the client

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .byteBuffer(let buffer) = unwrapOutboundIn(data) else {
            promise?.fail(ChannelError.operationUnsupported)
            return
        }
        credit = min(credit + buffer.readableBytes / Self.bytesPerFrame, Self.burst)
        noteGoAway(buffer, context)
        if buffer.readableBytes > Self.together {
            sendPending(context)
            return context.write(wrapOutboundOut(buffer), promise: promise)
        }
        if pending == nil {
            var copy = context.channel.allocator.buffer(capacity: max(512, buffer.readableBytes))
            copy.writeImmutableBuffer(buffer)
            pending = copy
        } else {
            pending?.writeImmutableBuffer(buffer)
        }
        if let promise { pendingPromise.setOrCascade(to: promise) }
        if let pending, pending.readableBytes >= 4 * Self.together { sendPending(context) }
    }

    /// Once for everything that one turn of the event loop brought: streams flush each for itself.
    func flush(context: ChannelHandlerContext) {
        guard !flushIsDue else { return }
        flushIsDue = true
        context.eventLoop.assumeIsolated().execute {
            self.flushIsDue = false
            guard let context = self.context else { return }
            self.sendPending(context)
            context.flush()
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        sendPending(context)
        context.flush()
        context.close(mode: mode, promise: promise)
    }

    private func sendPending(_ context: ChannelHandlerContext) {
        guard let buffer = pending else { return }
        let promise = pendingPromise
        (pending, pendingPromise) = (nil, nil)
        context.write(wrapOutboundOut(buffer), promise: promise)
    }

    /// A GOAWAY that names an error is the last word: `NIOHTTP2Handler` leaves the closing to others. Frames are
    /// written whole, or their header by itself.
    private func noteGoAway(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
        guard !isEnding, buffer.readableBytes >= 17, buffer.getInteger(at: buffer.readerIndex + 3) == UInt8(7),
            let code = buffer.getInteger(at: buffer.readerIndex + 13, as: UInt32.self), code != 0
        else { return }
        isEnding = true
        loop.logger.debug("HTTP/2 connection ended for its client's errors", metadata: ["code": "\(code)"])
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.patience) { self.context?.close(promise: nil) }
    }
}
