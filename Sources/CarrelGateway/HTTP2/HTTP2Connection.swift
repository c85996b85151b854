import NIOCore
import NIOHTTP2

/// A client's connection of HTTP/2. Each of its streams is served by a `ClientConnection` of its own.
final class HTTP2Connection: ChannelInboundHandler, Entrance, StreamFrames, NIOHTTP2FrameDelegate {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    /// RFC 9113 section 6.5.2 asks for no fewer than 100.
    static let streams = 100
    /// What a client may send on a stream before it is read: 5 MB/s at 50 ms of distance.
    static let streamWindow = 262_144
    static let connectionWindow = 1 << 20
    /// A stream's response is read no further than that ahead of its client.
    static let waterMark = (low: 32_768, high: 65_536)
    /// After it was told to go, a client that does not answer.
    static let patience = TimeAmount.seconds(2)

    let scratch: (read: ResponseHead, written: HeadText)
    private let loop: LoopState
    private let listener: ListenerPlan
    private let peer: ClientPeer
    private let frames: FrameGuard
    private var context: ChannelHandlerContext?
    private var streams: [HTTP2StreamID: HTTP2Stream] = [:]
    /// That were given something to read since the last time that everything was read.
    private var reading: [HTTP2Stream] = []
    /// Written and not yet sent.
    private var outgoing: [HTTP2Frame] = []
    private var sendIsDue = false
    /// Some of whose frames left.
    private var unsettled: [HTTP2Stream] = []
    private var takesMore = true
    /// What the last request proved: the next one mostly brings the same.
    private var memo: CredentialMemo?
    /// The client begins with what RFC 9113 section 6.9.2 grants.
    private var window = InboundWindow(HTTP2Connection.connectionWindow, size: 65_535)
    private var hasServed = false
    /// When the last stream ended.
    private var idleSince = NIODeadline.now()
    private var toldToGo: NIODeadline?

    private init(loop: LoopState, listener: ListenerPlan, peer: ClientPeer, frames: FrameGuard) {
        self.loop = loop
        self.listener = listener
        self.peer = peer
        self.frames = frames
        scratch = (ResponseHead(), loop.headText)
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
        let protocolHandler = NIOHTTP2Handler(
            mode: .server,
            frameDelegate: connection,
            connectionConfiguration: connectionConfiguration(loop.limits),
            streamConfiguration: streamConfiguration()
        )
        let pipeline = channel.pipeline.syncOperations
        _ = listener.counter.open(peer.address)
        loop.add(connection)
        try pipeline.addHandlers([frames, protocolHandler, connection, leaving])
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
        // `RequestTranslation` refuses the same, and has to look at every byte anyway: 5 of 60 µs for a small request.
        configuration.headerBlockValidation = .disabled
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
        // A map that is dragged about takes back some tens of requests at a time.
        configuration.streamResetFrameRateLimit.maximumCount = 400
        configuration.streamResetFrameRateLimit.windowLength = .seconds(30)
        configuration.streamErrorRateLimit.maximumCount = 100
        configuration.streamErrorRateLimit.windowLength = .seconds(30)
        return configuration
    }

    // MARK: - The channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        takesMore = context.channel.isWritable
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelInactive(context: ChannelHandlerContext) {
        listener.counter.close(peer.address)
        loop.remove(self)
        let all = streams.values
        streams = [:]
        outgoing = []
        for stream in all { stream.closed() }
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        takesMore = context.channel.isWritable
        for stream in streams.values { stream.connectionChanged(takesMore: takesMore) }
        settle()
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What a stream did wrong ends that stream, and `FrameGuard` sees to connections. TLS has nobody else.
        if let fault = error as? NIOHTTP2Errors.StreamError {
            streams[fault.streamID]?.cutOff()
        } else if !(error is any NIOHTTP2Error) {
            context.close(promise: nil)
        }
    }

    // MARK: - From the client

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard frame.streamID != .rootStream else { return context.fireChannelRead(data) }
        if let stream = streams[frame.streamID] {
            stream.received(frame.payload)
            if case .windowUpdate = frame.payload { return }
            reading.append(stream)
        } else if case .headers = frame.payload {
            open(frame.streamID, with: frame.payload)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        let read = reading
        reading.removeAll(keepingCapacity: true)
        for stream in read { stream.receivedAll() }
        settle()
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? NIOHTTP2WindowUpdatedEvent {
            guard let size = event.inboundWindowSize else { return }
            guard event.streamID == .rootStream else { return streams[event.streamID]?.windowChanged(to: size) ?? () }
            window.size = size
            if let more = window.increment() { widen(.rootStream, by: more) }
            return
        }
        if let event = event as? StreamClosedEvent { close(event.streamID) }
        context.fireUserInboundEventTriggered(event)
    }

    private func open(_ id: HTTP2StreamID, with head: HTTP2Frame.FramePayload) {
        let request = ClientConnection(loop: loop, listener: listener, peer: peer)
        request.memo = memo
        let stream = HTTP2Stream(id, frames: self, user: request, takesMore: takesMore)
        streams[id] = stream
        hasServed = true
        request.opened(on: stream)
        stream.received(head)
        reading.append(stream)
        memo = request.memo
    }

    private func close(_ id: HTTP2StreamID) {
        streams.removeValue(forKey: id)?.closed()
        if streams.isEmpty { idleSince = .now() }
    }

    // MARK: - Towards the client

    func write(_ payload: HTTP2Frame.FramePayload, of stream: HTTP2StreamID) {
        outgoing.append(HTTP2Frame(streamID: stream, payload: payload))
        sendSoon()
    }

    func widen(_ stream: HTTP2StreamID, by bytes: Int) {
        let frame = HTTP2Frame(streamID: stream, payload: .windowUpdate(windowSizeIncrement: bytes))
        context?.write(wrapOutboundOut(frame), promise: nil)
        sendSoon()
    }

    func noteMalformed() { frames.noteMalformed() }

    /// Once for everything that one turn of the event loop brought. So nothing that a frame causes comes back to a
    /// stream while it writes.
    private func sendSoon() {
        guard !sendIsDue, let context else { return }
        sendIsDue = true
        context.eventLoop.assumeIsolated().execute {
            self.sendIsDue = false
            self.send()
        }
    }

    private func send() {
        guard let context else { return }
        let frames = outgoing
        outgoing.removeAll(keepingCapacity: true)
        for frame in frames { context.write(wrapOutboundOut(frame), promise: nil) }
        context.flush()
        settle()
    }

    func wroteFrame(_ frame: HTTP2Frame) {
        switch frame.payload {
        case .data(let data): left(frame.streamID, data.data.readableBytes, isLast: data.endStream)
        case .headers(let headers) where headers.endStream: left(frame.streamID, 0, isLast: true)
        default: break
        }
    }

    private func left(_ id: HTTP2StreamID, _ bytes: Int, isLast: Bool) {
        guard let stream = streams[id], stream.left(bytes, isLast: isLast) else { return }
        unsettled.append(stream)
    }

    private func settle() {
        guard !unsettled.isEmpty else { return }
        let all = unsettled
        unsettled.removeAll(keepingCapacity: true)
        for stream in all { stream.settle() }
    }

    // MARK: - Life

    func sweep() {
        if frames.isStalled { return closeNow() }
        guard streams.isEmpty else { return }
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
}
