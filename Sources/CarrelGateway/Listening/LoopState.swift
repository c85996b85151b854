import CarrelCore
import Logging
import NIOCore

/// All that one event loop owns: its copy of the routes, its connections, caches and counts. Only touched on that
/// loop, so nothing here is locked.
final class LoopState {
    static let receiveBuffers = ReceiveBuffers()
    /// Above the upper mark the other side is read no more, until the lower one: with one more read, three quarters of a
    /// mebibyte are held of a response that its client does not take.
    static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 65_536, high: 262_144)
    static let connectionsPerWorkspace = 512
    static let connectionsToHub = 8192
    static let heldLimit = 256

    let eventLoop: any EventLoop
    let clock: any WallClock
    let access: AccessCache
    let logger: Logger
    let requestHead = RequestHead()
    let responseHead = ResponseHead()
    let headText = HeadText()
    /// The last small response, for its memory: free again as soon as the kernel has it.
    var spare = ByteBuffer()
    var limits: GatewayConfiguration.Limits
    /// The loop's clock, set at each sweep: exact enough for time limits, and read for nothing.
    private(set) var now = NIODeadline.now()
    var restingPools: [UpstreamPool] = []
    /// Requests held for paused workspaces.
    var heldCount = 0
    private(set) var isDraining = false
    let hubHold = HubHold()
    let turn: LoopTurn

    private var plans: [WorkspaceID: RoutePlan] = [:]
    /// Of routes that this loop was asked for: of ten thousand most are not.
    private var entries: [WorkspaceID: RouteEntry] = [:]
    private var services: [ServiceKey: WorkspaceID] = [:]
    private var hubs: [ObjectIdentifier: UpstreamPool] = [:]
    private var connections: [ObjectIdentifier: ClientConnection] = [:]
    private var entrances: [ObjectIdentifier: any Entrance] = [:]
    private let resume: @Sendable (WorkspaceID) -> Void
    private let requestPrefix: [UInt8]
    private var lastRequest: UInt64 = 0
    private var sweeping: RepeatedTask?
    private var drained: EventLoopPromise<Void>?

    /// `resume` asks for a paused workspace; `resumed` answers.
    init(
        eventLoop: any EventLoop,
        clock: any WallClock,
        limits: GatewayConfiguration.Limits,
        authorize: @escaping @Sendable (GatewayCredential) -> Principal?,
        logger: Logger,
        requestPrefix: String,
        resume: @escaping @Sendable (WorkspaceID) -> Void
    ) {
        self.eventLoop = eventLoop
        turn = LoopTurn(eventLoop)
        self.clock = clock
        self.limits = limits
        self.access = AccessCache(authorize: authorize)
        self.logger = logger
        self.requestPrefix = Array(requestPrefix.utf8)
        self.resume = resume
    }

    func nextRequestID() -> RequestID {
        lastRequest += 1
        return RequestID(prefix: requestPrefix, number: lastRequest)
    }

    // MARK: - Connections

    func add(_ connection: ClientConnection) { connections[ObjectIdentifier(connection)] = connection }

    func remove(_ connection: ClientConnection) {
        connections[ObjectIdentifier(connection)] = nil
        noteDrained()
    }

    func add(_ entrance: any Entrance) { entrances[ObjectIdentifier(entrance)] = entrance }

    func remove(_ entrance: any Entrance) {
        if entrances.removeValue(forKey: ObjectIdentifier(entrance)) != nil { noteDrained() }
    }

    private func noteDrained() {
        if isDraining, connections.isEmpty, entrances.isEmpty { drained?.succeed() }
    }

    func count(_ predicate: (ClientConnection) -> Bool) -> Int { connections.values.count(where: predicate) }

    /// The next request to the hub makes a new connection.
    func forgetHubs() {
        for pool in hubs.values { pool.retire() }
        hubs.removeAll()
    }

    func hub(of listener: ListenerPlan) -> UpstreamPool {
        if let pool = hubs[ObjectIdentifier(listener)] { return pool }
        let pool = UpstreamPool(listener.hub, loop: self, maxConnections: Self.connectionsToHub)
        hubs[ObjectIdentifier(listener)] = pool
        return pool
    }

    // MARK: - Routes

    func route(_ key: WorkspacePlace.Key) -> RouteEntry? {
        switch key {
        case .workspace(let workspace):
            guard let entry = route(workspace) else { return nil }
            // A service is reached by its name only.
            return entry.plan.route.service == nil ? entry : nil
        case .service(let name): return services[name].flatMap { route($0) }
        }
    }

    private func route(_ workspace: WorkspaceID) -> RouteEntry? {
        if let entry = entries[workspace] { return entry }
        guard let plan = plans[workspace] else { return nil }
        let entry = RouteEntry(plan, pool: pool)
        entries[workspace] = entry
        return entry
    }

    func publish(_ plan: RoutePlan) {
        let workspace = plan.route.workspace
        if let service = plan.route.service {
            guard let name = ServiceKey(service.name) else { return }
            services[name] = workspace
        }
        plans[workspace] = plan
        guard let entry = entries[workspace] else { return }
        let changesOwner = entry.plan.route.owner != plan.route.owner
        entry.update(plan, pool: pool)
        if changesOwner { return closeAll(of: entry, code: WebSocketFrames.policyViolation) }
        guard plan.route.service != nil else { return }
        let now = clock.now()
        let refused = entry.users.filter { !$0.isStillAdmitted(now: now) }
        for connection in refused { connection.withdraw(code: WebSocketFrames.policyViolation) }
    }

    func withdraw(_ workspace: WorkspaceID) {
        if let service = plans.removeValue(forKey: workspace)?.route.service, let name = ServiceKey(service.name) {
            services[name] = nil
        }
        guard let entry = entries.removeValue(forKey: workspace) else { return }
        closeAll(of: entry, code: WebSocketFrames.goingAway)
        entry.withdraw()
        wake(entry, resumed: true)
    }

    /// Of the workspaces that were asked for here.
    func traffic() -> [(WorkspaceID, TrafficCount)] { entries.map { ($0.key, $0.value.traffic) } }

    /// Nil without a route.
    func traffic(of workspace: WorkspaceID) -> TrafficCount? {
        plans[workspace] == nil ? nil : entries[workspace]?.traffic ?? TrafficCount()
    }

    private func pool(_ endpoint: Endpoint) -> UpstreamPool {
        UpstreamPool(endpoint, loop: self, maxConnections: Self.connectionsPerWorkspace)
    }

    private func closeAll(of entry: RouteEntry, code: UInt16) {
        // A copy, for each leaves.
        let all = entry.users
        for connection in all { connection.withdraw(code: code) }
    }

    // MARK: - Credentials

    func credentialsChanged() {
        access.forget()
        let now = clock.now()
        let refused = connections.values.filter { !$0.isStillAdmitted(now: now) }
        for connection in refused { connection.withdraw(code: WebSocketFrames.policyViolation) }
    }

    // MARK: - Waking

    /// False if too many are held.
    func hold(_ connection: ClientConnection, for entry: RouteEntry) -> Bool {
        guard heldCount < Self.heldLimit else { return false }
        heldCount += 1
        entry.held.append(connection)
        if entry.held.count == 1 { resume(entry.plan.route.workspace) }
        return true
    }

    func release(_ connection: ClientConnection, from entry: RouteEntry) {
        guard let index = entry.held.firstIndex(where: { $0 === connection }) else { return }
        entry.held.remove(at: index)
        heldCount -= 1
    }

    func resumed(_ workspace: WorkspaceID, _ success: Bool) {
        guard let entry = entries[workspace] else { return }
        wake(entry, resumed: success)
    }

    private func wake(_ entry: RouteEntry, resumed: Bool) {
        let held = entry.held
        entry.held.removeAll()
        heldCount -= held.count
        for connection in held { connection.wake(resumed: resumed) }
    }

    // MARK: - Time

    /// One timer looks at everything: no request sets or cancels one of its own.
    func startSweeping() {
        let shortest = min(limits.headerTimeout, limits.idleTimeout, limits.resumeTimeout).milliseconds
        let interval = TimeAmount.milliseconds(max(20, min(1000, shortest / 4)))
        sweeping?.cancel()
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        sweeping = eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in bound.value.sweep() }
    }

    private func sweep() {
        now = .now()
        let wallNow = clock.now()
        // A copy, for what is swept may leave.
        for connection in Array(connections.values) { connection.sweep(wallNow: wallNow) }
        if !entrances.isEmpty { for entrance in Array(entrances.values) { entrance.sweep() } }
        let pools = restingPools
        restingPools = []
        for pool in pools where pool.sweep() { restingPools.append(pool) }
    }

    // MARK: - The end

    /// Idle connections close after `idle`: a request may be on its way. Others close when what they do ends. The
    /// future succeeds when none is left.
    func drain(idle: TimeAmount) -> EventLoopFuture<Void> {
        let promise = drained ?? eventLoop.makePromise(of: Void.self)
        drained = promise
        isDraining = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        if idle > .zero { eventLoop.scheduleTask(in: idle) { bound.value.closeIdle() } } else { closeIdle() }
        for entrance in Array(entrances.values) { entrance.drain() }
        if connections.isEmpty, entrances.isEmpty { promise.succeed() }
        return promise.futureResult
    }

    private func closeIdle() {
        for connection in Array(connections.values) { connection.closeIfIdle() }
    }

    /// Ends whatever is left; what does not end by itself then is cut off.
    func end() {
        for connection in Array(connections.values) { connection.withdraw(code: WebSocketFrames.goingAway) }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: .milliseconds(500)) {
            for connection in Array(bound.value.connections.values) { connection.closeNow() }
            for entrance in Array(bound.value.entrances.values) { entrance.closeNow() }
        }
    }

    /// When no connection is left.
    func stop() {
        sweeping?.cancel()
        sweeping = nil
        for entry in entries.values { entry.withdraw() }
        for pool in hubs.values { pool.retire() }
        plans.removeAll()
        entries.removeAll()
        services.removeAll()
        hubs.removeAll()
    }
}
