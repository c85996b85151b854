public import CarrelCore
public import Logging
public import NIOCore
public import NIOPosix
import Synchronization

/// The data path: takes every connection, decides by the head of each request, and forwards its bytes to a workspace
/// or to the hub. Knows no store and no page.
///
/// `start`, then `run` for as long as it serves, then `shutdown`. Publishing before `start` is allowed.
public final class Gateway: RoutePublishing, Sendable {
    struct Running {
        var channels: [any Channel]
        var listeners: [ListenerPlan]
        var sockets: [ListeningSocket]
    }

    enum State {
        case idle
        case starting
        case running(Running)
        case stopped
    }

    struct Loop: Sendable {
        let eventLoop: any EventLoop
        let state: NIOLoopBoundBox<LoopState>
    }

    private let configuration: GatewayConfiguration
    private let questions: GatewayQuestions
    private let logger: Logger
    private let group: any EventLoopGroup
    let loops: [Loop]
    let state = Mutex(State.idle)
    /// Of the listener that serves workspaces.
    let names: GatewayConfiguration.WorkspaceNames?
    private let wishes: AsyncStream<WorkspaceID>
    private let wish: AsyncStream<WorkspaceID>.Continuation

    /// - Parameters:
    ///   - configuration: listeners, and bounds that `reload` may change.
    ///   - questions: asked about credentials and paused workspaces.
    ///   - clock: times activity and the expiry of credentials.
    ///   - logger: is told of answers that the gateway gave itself, at debug.
    ///   - group: its event loops carry everything; it is not shut down with the gateway.
    public init(
        configuration: GatewayConfiguration,
        questions: GatewayQuestions,
        clock: any WallClock = SystemClock(),
        logger: Logger,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.configuration = configuration
        names = configuration.listeners.lazy.compactMap(\.workspaceNames).first
        self.questions = questions
        self.logger = logger
        self.group = group
        let (wishes, wish) = AsyncStream.makeStream(of: WorkspaceID.self)
        (self.wishes, self.wish) = (wishes, wish)
        var random = SystemRandomNumberGenerator()
        let run = RandomText.base32(length: 8, from: &random)
        loops = group.makeIterator().enumerated().map { index, eventLoop in
            Loop(
                eventLoop: eventLoop,
                state: .makeBoxSendingValue(
                    LoopState(
                        eventLoop: eventLoop,
                        clock: clock,
                        limits: configuration.limits,
                        authorize: questions.authorize,
                        logger: logger,
                        requestPrefix: "\(run)-\(index)-",
                        resume: { wish.yield($0) }
                    ),
                    eventLoop: eventLoop
                )
            )
        }
    }

    /// Binds every listener and returns the address of each by its name. Serves from then on.
    ///
    /// - Parameters:
    ///   - accepting: false: connections wait in the kernel's queue until `accept()`.
    ///   - inherited: sockets that another process listened on: used where a listener has the same name and address.
    ///     From now on they are the gateway's, and those that no listener is configured for are closed.
    /// - Returns: by the listener's name.
    /// - Throws: `CarrelError` if an address can't be bound, with nothing left bound, or if the configuration has a
    ///   trusted proxy that is no address.
    public func start(
        accepting: Bool = true,
        inherited: [ListeningSocket] = []
    ) async throws -> [String: SocketAddress] {
        try state.withLock { state in
            guard case .idle = state else {
                throw CarrelError(.internal, "The gateway was started before.")
            }
            state = .starting
        }
        var running = Running(channels: [], listeners: [], sockets: [])
        var unused = inherited
        defer { for socket in unused { socket.closeDescriptor() } }
        var addresses: [String: SocketAddress] = [:]
        do {
            for listener in configuration.listeners {
                let plan = try ListenerPlan(
                    listener,
                    connectionsPerClient: configuration.limits.connectionsPerClient
                )
                let passed = unused.firstIndex { $0.listener == listener.name && $0.bind == listener.bind }
                let (channel, socket) = try await bind(
                    plan,
                    to: passed.map { unused.remove(at: $0) },
                    accepting: accepting
                )
                running.channels.append(channel)
                running.sockets.append(socket)
                running.listeners.append(plan)
                addresses[listener.name] = channel.localAddress
            }
            for loop in loops { try await loop.ask { $0.startSweeping() } }
        } catch {
            for channel in running.channels { try? await channel.close() }
            state.withLock { $0 = .idle }
            throw error
        }
        let started = running
        state.withLock { $0 = .running(started) }
        return addresses
    }

    /// Where a listener is bound; nil before `start` and after the end.
    public func address(of listener: String) -> SocketAddress? {
        state.withLock { state -> SocketAddress? in
            guard case .running(let running) = state else { return nil }
            return zip(configuration.listeners, running.channels).first { $0.0.name == listener }?.1.localAddress
        }
    }

    /// Takes connections from now on, those first that came since `start(accepting: false)`.
    public func accept() async {
        let channels: [any Channel] = state.withLock { state in
            if case .running(let running) = state { return running.channels }
            return []
        }
        for channel in channels { try? await channel.setOption(.autoRead, value: true).get() }
    }

    /// Resumes paused workspaces that are asked for. Returns after `shutdown`, or when its task is cancelled.
    public func run() async {
        await withDiscardingTaskGroup { tasks in
            for await workspace in wishes {
                tasks.addTask {
                    let resumed = await self.questions.resolve(workspace)
                    for loop in self.loops { try? await loop.ask { $0.resumed(workspace, resumed) } }
                }
            }
            tasks.cancelAll()
        }
    }

    /// Accepts no more; lets requests finish and tunnels live for `drain`, then closes what is left. Who is connected
    /// and asks nothing for `idle` is closed then; who asks within it is answered, with `Connection: close`.
    public func shutdown(drain: Duration, idle: Duration = .seconds(1)) async {
        let last = state.withLock { state in
            let last = state
            state = .stopped
            return last
        }
        guard case .running(let running) = last else { return }
        for channel in running.channels {
            // Closed outright, a socket resets the connections that were just accepted by the kernel: it is first
            // left alone for a moment (0 instead of 3 to 7 lost in 20 restarts under load).
            try? await channel.setOption(.autoRead, value: false).get()
        }
        try? await Task.sleep(for: .milliseconds(20))
        for channel in running.channels { try? await channel.close() }
        await withTaskGroup { tasks in
            for loop in loops {
                tasks.addTask {
                    let deadline = loop.eventLoop.scheduleTask(in: TimeAmount(drain)) { loop.state.value.end() }
                    try? await loop.eventLoop.flatSubmit { loop.state.value.drain(idle: TimeAmount(min(idle, drain))) }
                        .get()
                    deadline.cancel()
                    try? await loop.ask { $0.stop() }
                }
            }
        }
        wish.finish()
    }

    /// New bounds, for connections and requests from now on.
    public func reload(limits: GatewayConfiguration.Limits) async {
        let listeners: [ListenerPlan] = state.withLock { state in
            if case .running(let running) = state { return running.listeners }
            return []
        }
        for listener in listeners { listener.counter.setLimit(limits.connectionsPerClient) }
        await setKeepAlive(limits.keepAlive)
        for loop in loops {
            try? await loop.ask { state in
                state.limits = limits
                state.startSweeping()
            }
        }
    }

    /// For connections that are accepted from now on.
    private func setKeepAlive(_ keepAlive: KeepAlive) async {
        let channels: [any Channel] = state.withLock { state in
            if case .running(let running) = state { return running.channels }
            return []
        }
        for channel in channels {
            for (option, value) in keepAlive.options { try? await channel.setOption(option, value: value).get() }
        }
    }

    private func bind(
        _ listener: ListenerPlan,
        to passed: ListeningSocket?,
        accepting: Bool
    ) async throws -> (any Channel, ListeningSocket) {
        let configuration = listener.configuration
        let loops = loops
        // Connections inherit these from the socket that listens, so they cost nothing for each.
        let server = self.configuration.limits.keepAlive.options.reduce(ServerBootstrap(group: group)) { server, each in
            server.serverChannelOption(each.option, value: each.value)
        }
        let bootstrap =
            server
            .serverChannelOption(.autoRead, value: accepting)
            .childChannelOption(.recvAllocator, value: LoopState.receiveBuffers)
            .childChannelOption(.maxMessagesPerRead, value: ReceiveBuffers.messagesPerRead)
            .childChannelOption(.writeBufferWaterMark, value: LoopState.waterMark)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = loops.first(where: { $0.eventLoop === channel.eventLoop }) else {
                        throw ChannelError.operationUnsupported
                    }
                    guard listener.isPlain else {
                        return try Arrival.receive(channel, loop: loop.state.value, listener: listener)
                    }
                    let connection = ClientConnection(
                        loop: loop.state.value,
                        listener: listener,
                        peer: ClientPeer(channel, listener: listener)
                    )
                    try channel.pipeline.syncOperations.addHandler(connection)
                }
            }
        do {
            let socket = try passed ?? ListeningSocket.open(configuration)
            let channel = try await bootstrap.withBoundSocket(socket.descriptor).get()
            socket.lengthenQueue()
            return (channel, socket)
        } catch {
            let address = "\(configuration.host):\(configuration.port)"
            let fault = (error as? IOError)?.errnoCode
            let advice =
                switch fault {
                case EADDRINUSE: "it is in use by another program; stop that, or choose another port"
                case EADDRNOTAVAIL: "this machine has no such address; bind to one of its own, or to 0.0.0.0"
                case EACCES: "only root may listen on ports below 1024; choose another port"
                default: fault.map { String(cString: strerror($0)) } ?? "\(error)"
                }
            throw CarrelError(
                fault == EADDRINUSE ? .conflict : .configuration,
                "The listener “\(configuration.name)” can't listen on \(address): \(advice)"
            )
        }
    }
}
