import NIOCore
import NIOHTTP2

/// A client's connection of HTTP/2. Each of its streams is served by a `ClientConnection` of its own.
final class HTTP2Connection: ChannelInboundHandler, Entrance {
    typealias InboundIn = HTTP2Frame

    /// RFC 9113 section 6.5.2 asks for no fewer than 100.
    static let streams = 100
    /// What a client may send on a stream before it is read: 5 MB/s at 50 ms of distance.
    static let streamWindow = 262_144
    static let connectionWindow = 1 << 20
    /// A stream's response is read no further than that ahead of its client.
    static let waterMark = (low: 32_768, high: 65_536)
    /// After it was told to go, a client that does not answer.
    static let patience = TimeAmount.seconds(2)

    private let loop: LoopState
    private let listener: ListenerPlan
    private let peer: ClientPeer
    private let frames: FrameGuard
    private var context: ChannelHandlerContext?
    private var openStreams = 0
    private var hasServed = false
    /// When the last stream ended.
    private var idleSince = NIODeadline.now()
    private var toldToGo: NIODeadline?

    private init(loop: LoopState, listener: ListenerPlan, peer: ClientPeer, frames: FrameGuard) {
        self.loop = loop
        self.listener = listener
        self.peer = peer
        self.frames = frames
    }

    /// Serves a connection that agreed upon HTTP/2.
    static func serve(_ channel: any Channel, loop: LoopState, listener: ListenerPlan, peer: ClientPeer) throws {
        let frames = FrameGuard(loop: loop)
        let connection = HTTP2Connection(loop: loop, listener: listener, peer: peer, frames: frames)
        // Tells the client to go, waits for its answer, and closes when its streams have ended.
        let leaving = NIOHTTP2ServerConnectionManagementHandler(
            eventLoop: channel.eventLoop,
            configuration: .init(maxIdleTime: nil, maxAge: nil, maxGraceTime: nil, keepalive: nil)
        )
        let scratch = ResponseHead()
        let bound = NIOLoopBound((loop, listener, peer, scratch), eventLoop: channel.eventLoop)
        let protocolHandler = NIOHTTP2Handler(
            mode: .server,
            eventLoop: channel.eventLoop,
            connectionConfiguration: connectionConfiguration(loop.limits),
            streamConfiguration: streamConfiguration(),
            streamDelegate: Streams(
                connection: NIOLoopBound(connection, eventLoop: channel.eventLoop),
                leaving: leaving.http2StreamDelegate
            )
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                let (loop, listener, peer, scratch) = bound.value
                let request = ClientConnection(loop: loop, listener: listener, peer: peer)
                request.isStream = true
                let pipeline = stream.pipeline.syncOperations
                try pipeline.addHandler(StreamTranslator(scratch: scratch))
                try pipeline.addHandler(request)
            }
        }
        let pipeline = channel.pipeline.syncOperations
        _ = listener.counter.open(peer.address)
        loop.add(connection)
        try pipeline.addHandlers([frames, protocolHandler, leaving, connection])
        if loop.isDraining { connection.drain() }
    }

    private static func connectionConfiguration(
        _ limits: GatewayConfiguration.Limits
    ) -> NIOHTTP2Handler.ConnectionConfiguration {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: streams),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.headBytes),
            HTTP2Setting(parameter: .initialWindowSize, value: streamWindow),
        ]
        configuration.targetWindowSize = connectionWindow
        // 64 KiB of headers take four of them behind the HEADERS frame.
        configuration.maximumSequentialContinuationFrames = max(5, limits.headBytes / 16_384 + 1)
        configuration.maximumSequentialEmptyDataFrames = 10
        configuration.maximumBufferedControlFrames = 1000
        configuration.maximumConnectionGlitches = 1000
        configuration.controlFrameRateLimit.maximumCount = 200
        configuration.controlFrameRateLimit.windowLength = .seconds(30)
        return configuration
    }

    private static func streamConfiguration() -> NIOHTTP2Handler.StreamConfiguration {
        var configuration = NIOHTTP2Handler.StreamConfiguration()
        configuration.targetWindowSize = streamWindow
        configuration.outboundBufferSizeLowWatermark = waterMark.low
        configuration.outboundBufferSizeHighWatermark = waterMark.high
        // A map that is dragged about takes back some tens of requests at a time.
        configuration.streamResetFrameRateLimit.maximumCount = 400
        configuration.streamResetFrameRateLimit.windowLength = .seconds(30)
        configuration.streamErrorRateLimit.maximumCount = 100
        configuration.streamErrorRateLimit.windowLength = .seconds(30)
        return configuration
    }

    // MARK: - The channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelInactive(context: ChannelHandlerContext) {
        listener.counter.close(peer.address)
        loop.remove(self)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What a stream did wrong ends that stream, and `FrameGuard` sees to connections. TLS has nobody else.
        if !(error is any NIOHTTP2Error) { context.close(promise: nil) }
    }

    // MARK: - Life

    private func streamOpened() {
        openStreams += 1
        hasServed = true
    }

    private func streamClosed() {
        openStreams -= 1
        if openStreams == 0 { idleSince = .now() }
    }

    func sweep() {
        if frames.isStalled { return closeNow() }
        guard openStreams == 0 else { return }
        if let toldToGo {
            if loop.now - toldToGo > Self.patience { closeNow() }
        } else {
            let limit = hasServed ? loop.limits.idleTimeout : loop.limits.headerTimeout
            if loop.now - idleSince > TimeAmount(limit) { drain() }
        }
    }

    func drain() {
        guard toldToGo == nil else { return }
        toldToGo = .now()
        context?.pipeline.syncOperations.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }

    func closeNow() { context?.close(promise: nil) }

    /// Hears of streams; both are called on the connection's event loop.
    private struct Streams: NIOHTTP2StreamDelegate {
        let connection: NIOLoopBound<HTTP2Connection>
        let leaving: NIOHTTP2ServerConnectionManagementHandler.HTTP2StreamDelegate

        func streamCreated(_ id: HTTP2StreamID, channel: any Channel) {
            connection.value.streamOpened()
            leaving.streamCreated(id, channel: channel)
        }

        func streamClosed(_ id: HTTP2StreamID, channel: any Channel) {
            connection.value.streamClosed()
            leaving.streamClosed(id, channel: channel)
        }
    }
}
