import CarrelCore
import NIOCore

/// One connection of a client: reads requests, has each decided, and passes bytes between it and an upstream. Lives on
/// one event loop; requests that come early wait in `inbound` and are answered in order.
///
/// What it is connected by is its `wire`: a socket, whose events `ClientConnection+Channel` takes, or a stream of HTTP/2.
final class ClientConnection: WireUser {

    enum Phase { case awaitingHead, exchange, held, tunnel, lingering, closed }

    /// Why nothing more is read from the client. Its socket's buffer fills, and it feels it.
    struct Pause: OptionSet {
        let rawValue: UInt8
        /// The upstream takes no more.
        static let upstreamFull = Self(rawValue: 1)
        /// There is no upstream connection yet to take the body.
        static let connecting = Self(rawValue: 2)
        /// Enough of the next requests is here.
        static let early = Self(rawValue: 4)
    }

    static let lingerLimit = TimeAmount.seconds(2)
    static let earlyLimit = 65_536

    let loop: LoopState
    let listener: ListenerPlan
    let peer: ClientPeer
    var wire: (any ClientWire)?
    var phase = Phase.awaitingHead {
        didSet { loop.turn.openExchanges += (phase == .exchange ? 1 : 0) - (oldValue == .exchange ? 1 : 0) }
    }
    /// Bytes that nothing was done with yet.
    var inbound: ByteBuffer?
    var lastProgress: NIODeadline
    var memo: CredentialMemo?
    /// The workspace whose request or tunnel this is now.
    var entry: RouteEntry?
    /// Among the entry's users.
    var place = 0
    var exchange = Exchange.nothing
    var upstream: UpstreamConnection?
    /// Where a connection was asked for, or came from.
    var pool: UpstreamPool?
    /// What is to be sent when there is a connection, or again if that one proves stale.
    var outgoing: ByteBuffer?
    /// A response's head, kept for an instant so that a small body travels in the same write.
    var responseHead: ByteBuffer?
    /// The head of the request that is held.
    var heldHead: ByteBuffer?
    var clientFrames = WebSocketFrames()
    var upstreamFrames = WebSocketFrames()
    var clientEnded = false
    var upstreamEnded = false

    private var headEnd = HeadEnd()
    private var pauses: Pause = []
    private var isReadingHeads = false
    /// The next head was held before: it is not held again.
    private var wasHeld = false
    private var hasServed = false
    private var skippedEmptyLine = false
    private var headStarted: NIODeadline?
    private var discarded = 0
    /// When everything was sent and only the client's end was awaited.
    private var lingersSince: NIODeadline?
    private var owesUpstreamFlush = false
    private var owesFlush = false
    private let isWelcome: Bool
    /// As the wire last said: asking a channel costs six retains and as many releases, each time.
    private var takesMore = true

    init(loop: LoopState, listener: ListenerPlan, peer: ClientPeer) {
        self.loop = loop
        self.listener = listener
        self.peer = peer
        lastProgress = loop.now
        // A trusted proxy brings many clients.
        isWelcome = listener.counter.open(peer.address) || peer.isTrusted
    }

    var requestDone: Bool { exchange.body.isFinished }

    /// Whether nothing of the request waits for the end of the turn.
    var requestSent: Bool { !owesUpstreamFlush }

    // MARK: - The wire

    func opened(on wire: any ClientWire) {
        self.wire = wire
        loop.add(self)
        lastProgress = .now()
        if !isWelcome { answer(.connections, closes: true) }
    }

    func received(_ buffer: ByteBuffer) {
        lastProgress = loop.now
        switch phase {
        case .awaitingHead:
            keep(buffer)
            serveHeads()
        case .exchange where !requestDone: readBody(buffer)
        case .exchange, .held:
            keep(buffer)
            if let inbound, inbound.readableBytes > Self.earlyLimit { pause(.early) }
        case .tunnel: tunnel(fromClient: buffer)
        case .lingering:
            discarded += buffer.readableBytes
            if discarded > 1 << 20 { closeNow() }
        case .closed: break
        }
    }

    func receivedAll() { if owesUpstreamFlush { loop.turn.flushUpstream(of: self) } }

    func wireChanged(takesMore: Bool) {
        lastProgress = loop.now
        self.takesMore = takesMore
        upstream?.setPaused(!takesMore)
        if takesMore, phase == .awaitingHead {
            resume(.early)
            readHeads()
        }
    }

    func wireClosed() {
        let last = phase
        phase = .closed
        if last == .held, let entry { loop.release(self, from: entry) }
        if last == .tunnel { upstream?.endTunnel() } else { upstream?.abandon() }
        upstream = nil
        pool?.cancel(self)
        leaveExchange()
        inbound = nil
        responseHead = nil
        heldHead = nil
        listener.counter.close(peer.address)
        loop.remove(self)
        wire = nil
    }

    // MARK: - Requests

    private func keep(_ buffer: ByteBuffer) {
        if inbound == nil { inbound = buffer } else { inbound?.writeImmutableBuffer(buffer) }
    }

    func readHeads() {
        serveHeads()
        flushUpstream()
    }

    /// Serves every request that is wholly here, one after the other. They are sent when all that came was read: of the
    /// many that one read of an HTTP/2 connection brings, each write would wake its workspace by itself (54 µs of CPU
    /// for a small request instead of 40).
    private func serveHeads() {
        guard !isReadingHeads else { return }
        isReadingHeads = true
        defer { isReadingHeads = false }
        while phase == .awaitingHead, var buffer = inbound {
            // Who does not take answers gets no more of them.
            guard wire?.takesMore == true else { return pause(.early) }
            guard skipEmptyLine(&buffer) else { return }
            switch buffer.withUnsafeReadableBytes({ headEnd.find(in: $0) }) {
            case .bareLineFeed: return refuse(.malformed)
            case .incomplete:
                if headStarted == nil { headStarted = .now() }
                if buffer.readableBytes > loop.limits.headBytes { refuseLength() }
                return
            case .complete(let length):
                guard length <= loop.limits.headBytes else { return refuseLength() }
                headEnd = HeadEnd()
                headStarted = nil
                skippedEmptyLine = false
                hasServed = true
                let head = buffer.readSlice(length: length) ?? buffer
                inbound = buffer.readableBytes > 0 ? buffer : nil
                let mayHold = !wasHeld
                wasHeld = false
                serve(head, mayHold: mayHold)
            }
        }
    }

    /// Decides once more about a request that was held.
    func readAgain(_ head: ByteBuffer) {
        var all = head
        if let inbound { all.writeImmutableBuffer(inbound) }
        inbound = all
        headEnd = HeadEnd()
        wasHeld = true
        phase = .awaitingHead
        readHeads()
    }

    /// RFC 9112 section 2.2: one empty line before a request is passed over. False until there is more to look at.
    private func skipEmptyLine(_ buffer: inout ByteBuffer) -> Bool {
        guard !skippedEmptyLine, buffer.getInteger(at: buffer.readerIndex) == ByteClasses.carriageReturn else {
            return true
        }
        guard buffer.readableBytes > 1 else { return false }
        if buffer.getInteger(at: buffer.readerIndex + 1) == ByteClasses.lineFeed {
            skippedEmptyLine = true
            headEnd = HeadEnd()
            buffer.moveReaderIndex(forwardBy: 2)
            inbound = buffer.readableBytes > 0 ? buffer : nil
        }
        return inbound != nil
    }

    private func readBody(_ buffer: ByteBuffer) {
        guard exchange.takesBody(buffer.readableBytes, limit: loop.limits.bodyBytes) else {
            dropUpstream()
            return exchange.hasResponse ? abort() : refuse(.body)
        }
        switch buffer.withUnsafeReadableBytes({ exchange.body.consume($0) }) {
        case .more: send(buffer)
        case .finished(let count):
            send(buffer.getSlice(at: buffer.readerIndex, length: count) ?? buffer)
            if let rest = buffer.getSlice(at: buffer.readerIndex + count, length: buffer.readableBytes - count),
                rest.readableBytes > 0
            {
                keep(rest)
            }
        case .malformed:
            dropUpstream()
            if exchange.hasResponse { abort() } else { refuse(.malformed) }
        }
    }

    /// The part of the body that came with the head.
    func readEarlyBody() {
        guard !requestDone, let buffer = inbound else { return }
        inbound = nil
        readBody(buffer)
    }

    func send(_ buffer: ByteBuffer) {
        entry?.traffic.bytesIn += Int64(buffer.readableBytes)
        guard let upstream else {
            outgoing?.writeImmutableBuffer(buffer)
            return
        }
        upstream.write(buffer)
        owesUpstreamFlush = true
        if !upstream.isWritable { pause(.upstreamFull) }
    }

    func flushUpstream() {
        guard owesUpstreamFlush else { return }
        owesUpstreamFlush = false
        upstream?.flush()
    }

    // MARK: - Towards the client

    func write(_ buffer: ByteBuffer) {
        guard let wire else { return }
        lastProgress = loop.now
        entry?.traffic.bytesOut += Int64(buffer.readableBytes)
        wire.send(buffer)
        owesFlush = true
        // The upstream is read no further than the client takes it.
        if !takesMore { upstream?.setPaused(true) }
    }

    func flush() {
        writeHead()
        guard owesFlush else { return }
        owesFlush = false
        wire?.flush()
    }

    /// With everybody else's, at the end of the event loop's turn.
    func flushSoon() {
        writeHead()
        if owesFlush { loop.turn.flush(self) }
    }

    private func writeHead() {
        guard let head = responseHead else { return }
        responseHead = nil
        write(head)
    }

    // MARK: - Reading and not reading

    func pause(_ reason: Pause) { setPauses(pauses.union(reason)) }

    func resume(_ reason: Pause) { setPauses(pauses.subtracting(reason)) }

    private func setPauses(_ new: Pause) {
        let changes = new.isEmpty != pauses.isEmpty
        pauses = new
        if changes { wire?.setReading(new.isEmpty) }
    }

    func upstreamWritabilityChanged(_ isWritable: Bool) {
        lastProgress = loop.now
        if isWritable { resume(.upstreamFull) } else { pause(.upstreamFull) }
    }

    // MARK: - The end of it

    /// Ready for the next request, or done.
    func finishExchange() {
        guard exchange.keepsAlive, requestDone, !loop.isDraining else {
            flush()
            return linger()
        }
        flushSoon()
        leaveExchange()
        phase = .awaitingHead
        lastProgress = loop.now
        setPauses([])
        if inbound != nil { readHeads() }
    }

    func leaveExchange() {
        entry?.leave(self)
        entry = nil
        outgoing = nil
    }

    /// Nothing more is sent; what still comes is read for a while, or the last answer would be lost to a reset.
    func linger() {
        guard phase != .closed else { return }
        flush()
        leaveExchange()
        phase = .lingering
        inbound = nil
        lastProgress = .now()
        setPauses([])
        wire?.endOutput { self.lingersSince = .now() }
    }

    func closeNow() { wire?.cutOff() }

    /// The response can't be completed: the client must see that, also where the body's end is the connection's. So
    /// the last chunk is not sent, and the connection is reset instead of ended.
    func abort() {
        flush()
        dropUpstream()
        phase = .lingering
        lingersSince = .now()
        leaveExchange()
        wire?.breakOff()
    }

    func dropUpstream() {
        pool?.cancel(self)
        let gone = upstream
        upstream = nil
        gone?.abandon()
    }

    private func refuseLength() { refuse(headEnd.firstLineBytes > loop.limits.headBytes ? .target : .fields) }

    private func refuse(_ answer: GatewayAnswer) {
        if phase == .awaitingHead { exchange = .nothing }
        self.answer(answer, closes: true)
    }

    // MARK: - Time

    func closeIfIdle() {
        if phase == .awaitingHead, inbound == nil { closeCalmly() }
    }

    /// With what was answered and waits for the end of the turn.
    func closeCalmly() {
        flush()
        closeNow()
    }

    func sweep(wallNow: Timestamp) {
        let quiet = loop.now - lastProgress
        let idle = TimeAmount(loop.limits.idleTimeout)
        switch phase {
        case .awaitingHead:
            if let headStarted {
                if loop.now - headStarted > TimeAmount(loop.limits.headerTimeout) { refuse(.slow) }
            } else if quiet > (hasServed ? idle : TimeAmount(loop.limits.headerTimeout)) {
                closeNow()
            }
        case .exchange:
            guard quiet > idle else { return }
            if exchange.hasResponse { abort() } else { fail(requestDone ? late : .slow) }
        case .held:
            if quiet > TimeAmount(loop.limits.resumeTimeout), let entry {
                loop.release(self, from: entry)
                wake(resumed: false)
            }
        case .tunnel:
            if quiet > idle { closeTunnel(code: WebSocketFrames.goingAway) }
            let isOver = memo.map { $0.principal.expiresAt <= wallNow } ?? false
            if entry != nil, isOver { closeTunnel(code: WebSocketFrames.policyViolation) }
        case .lingering:
            let isOver = lingersSince.map { loop.now - $0 > Self.lingerLimit } ?? (quiet > idle)
            if isOver { closeNow() }
        case .closed: break
        }
    }
}
