import CarrelCore
import Logging
import NIOCore

/// What becomes of a request, decided from its head.
private enum Decision {
    case refuse(GatewayAnswer)
    case hub
    case workspace(RouteEntry, port: Int, RoutePlan.Mount)
    case hold(RouteEntry)
    /// Answered at once; the connection goes on.
    case answer(GatewayAnswer)
}

extension ClientConnection {
    /// `head` is one whole head; `inbound` has what followed it. `mayHold`: it was not held before.
    func serve(_ head: ByteBuffer, mayHold: Bool) {
        head.withUnsafeReadableBytes { raw in
            let now = loop.clock.now()
            let decision = decide(loop.requestHead, raw, now: now, mayHold: mayHold)
            switch decision {
            case .refuse(let answer):
                exchange = .nothing
                self.answer(answer, closes: true)
            case .answer(let answer):
                exchange = Exchange(loop.requestHead, raw, id: loop.nextRequestID(), mount: nil)
                self.answer(answer, closes: false)
            case .hold(let entry): hold(head, raw, for: entry)
            case .hub where loop.hubHold.isClosed: holdForHub(head, raw)
            case .hub: forward(raw, to: nil, pool: loop.hub(of: listener))
            case .workspace(let entry, let port, let mount):
                let path = WorkspacePath(raw, loop.requestHead.path)
                if let path, !entry.plan.ignores(raw, path.rest) { entry.traffic.lastActiveAt = now }
                forward(raw, to: (entry, mount), pool: entry.pools[port])
            }
        }
    }

    private func decide(_ head: RequestHead, _ raw: UnsafeRawBufferPointer, now: Timestamp, mayHold: Bool) -> Decision {
        do { try head.scan(raw, maxHeaders: loop.limits.headerCount) } catch { return .refuse(GatewayAnswer(error)) }
        if case .length(let bytes) = head.framing, loop.limits.bodyBytes > 0, bytes > loop.limits.bodyBytes {
            return .refuse(.body)
        }
        // Whoever is not admitted learns nothing: the hub answers as for a workspace that does not exist.
        guard listener.configuration.servesWorkspaces, let path = WorkspacePath(raw, head.path),
            let entry = loop.route(path.key), isAdmitted(head, raw, to: entry.plan.route, now: now)
        else {
            guard let redirect = listener.configuration.redirect else { return .hub }
            return .answer(.redirect(head, raw, to: redirect))
        }
        let plan = entry.plan
        if OriginRule.isUnsafe(head), !isFromOwnOrigin(head, raw, plan) { return .answer(.foreignOrigin) }
        let (port, mount) = plan.mount(raw, path.rest)
        if head.path.count == mount.prefix.count {
            let query = raw.text(head.path.upperBound..<head.target.upperBound)
            return .answer(.redirect(to: String(decoding: mount.prefix, as: UTF8.self) + "/" + query))
        }
        guard plan.route.isPaused else { return .workspace(entry, port: port, mount) }
        let isPage = head.navigates ?? head.acceptsHTML
        guard mayHold, isPage, head.method == .get || head.method == .head, head.upgrade == nil else {
            return .answer(.paused)
        }
        return .hold(entry)
    }

    private func isFromOwnOrigin(_ head: RequestHead, _ raw: UnsafeRawBufferPointer, _ plan: RoutePlan) -> Bool {
        let asked = ForwardedFor(head, raw, peer: peer, listener: listener)
        return OriginRule.admits(
            head,
            raw,
            own: listener.publicOrigin,
            scheme: asked.scheme,
            host: asked.host,
            others: plan.origins
        )
    }

    // MARK: - Forwarding

    private func forward(
        _ raw: UnsafeRawBufferPointer,
        to route: (entry: RouteEntry, mount: RoutePlan.Mount)?,
        pool: UpstreamPool
    ) {
        let head = loop.requestHead
        let id = loop.nextRequestID()
        exchange = Exchange(head, raw, id: id, mount: route?.mount)
        phase = .exchange
        if let entry = route?.entry {
            self.entry = entry
            entry.enter(self)
        }
        let rewrite = RequestRewrite(
            listener: listener,
            peer: peer,
            requestID: id,
            plan: route?.entry.plan,
            mount: route?.mount
        )
        rewrite.write(head, raw, into: loop.headText)
        let out = loop.headText.buffer()
        entry?.traffic.bytesIn += Int64(raw.count - out.readableBytes)
        self.pool = pool
        outgoing = out
        connect(fresh: !exchange.isRetriable)
        if phase == .exchange { readEarlyBody() }
    }

    private func connect(fresh: Bool, isRetry: Bool = false) {
        guard let pool else { return }
        switch pool.acquire(for: self, fresh: fresh, isRetry: isRetry) {
        case .connection(let connection): use(connection)
        // A local connect may succeed, or fail, before it is waited for.
        case .waiting: if phase == .exchange, upstream == nil, !requestDone { pause(.connecting) }
        case .full: fail(.busy)
        }
    }

    /// One came later than it was asked for.
    func upstreamReady(_ connection: UpstreamConnection) {
        use(connection)
        flushUpstream()
        resume(.connecting)
    }

    /// Writes what is there; who called flushes, once.
    private func use(_ connection: UpstreamConnection) {
        upstream = connection
        guard let out = outgoing else { return }
        if !exchange.isRetriable || connection.isFresh { outgoing = nil }
        send(out)
    }

    // MARK: - Trouble

    var late: GatewayAnswer { entry == nil ? .hubLate : .late }

    func upstreamUnavailable(_ trouble: UpstreamPool.Trouble) {
        switch trouble {
        case .timedOut: fail(late)
        case .refused: fail(entry == nil ? .hubDown : .upstream)
        }
    }

    enum Closed { case head, soundHead, bodyEnd }

    /// It ended before it should have. A connection that was closed just as it was reused is replaced once, if nothing
    /// came back and the request may be sent twice.
    func upstreamClosed(_ connection: UpstreamConnection, before part: Closed) {
        upstream = nil
        guard phase == .exchange else { return }
        if exchange.hasResponse { return abort() }
        if part == .head, !connection.hasAnswered, !connection.isFresh, exchange.isRetriable, !exchange.hasRetried,
            outgoing != nil
        {
            exchange.hasRetried = true
            connect(fresh: true, isRetry: true)
            return flushUpstream()
        }
        fail(entry == nil ? .hubUpstream : .upstream)
    }

    /// Ends an exchange that has no response yet with the gateway's own.
    func fail(_ answer: GatewayAnswer) {
        dropUpstream()
        self.answer(answer, closes: !requestDone)
    }

    /// Writes the gateway's own answer in place of a response.
    func answer(_ answer: GatewayAnswer, closes: Bool) {
        let closes = closes || !exchange.keepsAlive || !requestDone || loop.isDraining
        exchange.keepsAlive = !closes
        let id = exchange.requestID.number == 0 ? loop.nextRequestID() : exchange.requestID
        write(
            answer.bytes(
                requestID: id.text,
                isHead: exchange.isHead,
                acceptsHTML: exchange.acceptsHTML,
                closes: closes,
                added: listener.responseLines
            )
        )
        loop.logger.debug(
            "answered by the gateway",
            metadata: [
                "status": "\(answer.status)", "request": "\(id.text)", "listener": "\(listener.configuration.name)",
            ]
        )
        finishExchange()
    }

    // MARK: - Waking

    private func hold(_ head: ByteBuffer, _ raw: UnsafeRawBufferPointer, for entry: RouteEntry) {
        exchange = Exchange(loop.requestHead, raw, id: loop.nextRequestID(), mount: nil)
        guard loop.hold(self, for: entry) else { return answer(.paused, closes: false) }
        phase = .held
        heldHead = head
        self.entry = entry
        entry.enter(self)
    }

    /// The workspace is there again, or is not.
    func wake(resumed: Bool) {
        guard phase == .held, let head = heldHead else { return }
        heldHead = nil
        guard resumed else { return answer(.paused, closes: false) }
        leaveExchange()
        readAgain(head)
    }
}

extension Exchange {
    /// Before the first request, and where a head could not be read.
    static let nothing = Exchange()

    private init() {
        requestID = RequestID(prefix: [], number: 0)
        (isHead, isOld, upgrade, acceptsHTML, isRetriable) = (false, false, .none, false, false)
        (mount, host, keepsAlive) = (nil, "", false)
        body = BodyFollower(.none)
    }
}
