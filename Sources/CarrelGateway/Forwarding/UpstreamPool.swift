import CarrelCore
import NIOCore
import NIOPosix

/// One event loop's connections to one address. A request never leaves its event loop.
final class UpstreamPool {
    /// What is told to who asks for a connection.
    enum Acquired {
        case connection(UpstreamConnection)
        /// `upstreamReady` or `upstreamUnavailable` follows.
        case waiting
        /// As many wait as may.
        case full
    }

    enum Trouble { case refused, timedOut }

    /// Idle longer than that, a connection is closed: servers close theirs after 5 s (Node, uvicorn) to 75 s (nginx).
    static let idleLimit = TimeAmount.seconds(30)
    /// Idle longer than that, a connection is only used for what may be sent twice.
    static let freshLimit = TimeAmount.seconds(2)

    /// Connections that are being made at a time: a unix socket's backlog refuses what it can't hold (connect(2)).
    static let mostConnecting = 64

    let endpoint: Endpoint
    private unowned let loop: LoopState
    private let maxConnections: Int
    private var idle: [UpstreamConnection] = []
    private var waiting: [ClientConnection] = []
    private var connecting = 0
    /// Open ones that carry requests, connecting ones included; not those that became tunnels.
    private var open = 0
    private var isRetired = false
    private var isListed = false

    init(_ endpoint: Endpoint, loop: LoopState, maxConnections: Int) {
        self.endpoint = endpoint
        self.loop = loop
        self.maxConnections = maxConnections
    }

    /// `fresh`: not one that may have been closed meanwhile. `isRetry`: none that rests, for a server that closed one
    /// such connection closes the others too.
    func acquire(for client: ClientConnection, fresh: Bool, isRetry: Bool = false) -> Acquired {
        while !isRetry, let connection = idle.last, connection.isUsable {
            if fresh, loop.now - connection.idleSince > Self.freshLimit { break }
            idle.removeLast()
            connection.lease(to: client)
            return .connection(connection)
        }
        guard waiting.count < loop.limits.queuePerUpstream else { return .full }
        waiting.append(client)
        connectIfNeeded()
        return .waiting
    }

    func cancel(_ client: ClientConnection) {
        if let index = waiting.firstIndex(where: { $0 === client }) { waiting.remove(at: index) }
    }

    /// Back from a finished exchange, with nothing left over.
    func release(_ connection: UpstreamConnection) {
        guard !isRetired else { return connection.close() }
        if let next = nextWaiting() {
            connection.lease(to: next)
            next.upstreamReady(connection)
            return
        }
        connection.rest(since: loop.now)
        idle.append(connection)
        if !isListed {
            isListed = true
            loop.restingPools.append(self)
        }
    }

    /// It closed, or became a tunnel and counts no more.
    func leave(_ connection: UpstreamConnection) {
        open -= 1
        if let index = idle.lastIndex(where: { $0 === connection }) { idle.remove(at: index) }
        connectIfNeeded()
    }

    /// No more requests: idle connections are closed, busy ones end with what they do.
    func retire() {
        isRetired = true
        let all = idle
        for connection in all { connection.close() }
        let left = waiting
        waiting.removeAll()
        for client in left { client.upstreamUnavailable(.refused) }
    }

    /// Closes what was idle too long. False if none is idle any more.
    func sweep() -> Bool {
        let stale = idle.filter { loop.now - $0.idleSince > Self.idleLimit }
        for connection in stale { connection.close() }
        isListed = !idle.isEmpty
        return isListed
    }

    private func nextWaiting() -> ClientConnection? { waiting.isEmpty ? nil : waiting.removeFirst() }

    private func connectIfNeeded() {
        while connecting < min(waiting.count, Self.mostConnecting), open < maxConnections {
            open += 1
            connecting += 1
            connect()
        }
    }

    private func connect() {
        let bound = NIOLoopBound((self, loop), eventLoop: loop.eventLoop)
        var bootstrap = ClientBootstrap(group: loop.eventLoop)
            .connectTimeout(TimeAmount(loop.limits.connectTimeout))
            .channelOption(.recvAllocator, value: LoopState.receiveBuffers)
            .channelOption(.maxMessagesPerRead, value: ReceiveBuffers.messagesPerRead)
            .channelOption(.writeBufferWaterMark, value: LoopState.waterMark)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let (pool, loop) = bound.value
                    try channel.pipeline.syncOperations.addHandler(UpstreamConnection(pool: pool, loop: loop))
                }
            }
        let connected: EventLoopFuture<any Channel>
        switch endpoint {
        case .unix(let path): connected = bootstrap.connect(unixDomainSocketPath: path)
        case .tcp(let host, let port):
            for (option, value) in loop.limits.keepAlive.options {
                bootstrap = bootstrap.channelOption(option, value: value)
            }
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: ReceiveBuffers.most)
            connected = bootstrap.connect(host: host, port: port)
        }
        connected.hop(to: loop.eventLoop).whenComplete { result in
            let (pool, _) = bound.value
            pool.connecting -= 1
            switch result {
            case .success(let channel): pool.connected(channel)
            case .failure(let error): pool.failed(error)
            }
        }
    }

    private func connected(_ channel: any Channel) {
        guard let connection = try? channel.pipeline.syncOperations.handler(type: UpstreamConnection.self),
            connection.isUsable
        else {
            // It closed at once, and left the count when it did.
            nextWaiting()?.upstreamUnavailable(.refused)
            connectIfNeeded()
            return
        }
        connection.isFresh = true
        release(connection)
        connectIfNeeded()
    }

    private func failed(_ error: any Error) {
        open -= 1
        let trouble: Trouble
        if case ChannelError.connectTimeout = error { trouble = .timedOut } else { trouble = .refused }
        nextWaiting()?.upstreamUnavailable(trouble)
        connectIfNeeded()
    }
}
