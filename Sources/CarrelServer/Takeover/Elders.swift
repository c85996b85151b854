import CarrelCore
import CarrelGateway
import CarrelIdentity
import Synchronization

/// The processes that handed over and keep going what is open there, as the one that serves sees them: they are told
/// of sessions and routes, and what is used through them counts as if it were used here.
final class Elders: RoutePublishing, Sendable {
    /// How long a withdrawal waits for an elder to have done it.
    static let patience: Duration = .seconds(1)

    private struct Link {
        let send: AsyncStream<LinkMessage>.Continuation
        var traffic: [WorkspaceID: Traffic] = [:]
        var pending: [Int: Latch] = [:]
    }

    private struct State {
        var routes: [WorkspaceID: Route] = [:]
        var isComplete = false
        /// What they are told at the end, in milliseconds.
        var endWithin: Int64?
        var links: [Int: Link] = [:]
        var next = 0
        /// Of elders that are gone.
        var past: [WorkspaceID: Traffic] = [:]
    }

    private let gateway: Gateway
    private let signIn: SignIn
    private let state = Mutex(State())

    init(gateway: Gateway, signIn: SignIn) {
        self.gateway = gateway
        self.signIn = signIn
    }

    // MARK: - What they are told

    /// Who may enter has changed.
    func tellCredentials() {
        state.withLock { state in
            guard !state.links.isEmpty else { return }
            var message = LinkMessage()
            message.credentials = signIn.credentialState
            for link in state.links.values { link.send.yield(message) }
        }
    }

    /// Every route that was open before is published again.
    func tellComplete() {
        state.withLock { state in
            state.isComplete = true
            for link in state.links.values { link.send.yield(Self.complete) }
        }
    }

    /// This process ends, and they with it.
    func end(within rest: Duration) {
        var message = LinkMessage()
        message.endWithin = rest.milliseconds
        let last = message
        state.withLock { state in
            state.endWithin = last.endWithin
            for link in state.links.values { link.send.yield(last) }
        }
    }

    private static var complete: LinkMessage {
        var message = LinkMessage()
        message.isComplete = true
        return message
    }

    // MARK: - Routes

    /// Those that are open.
    var routes: Set<WorkspaceID> { state.withLock { Set($0.routes.keys) } }

    func publish(_ route: Route) async {
        state.withLock { state in
            state.routes[route.workspace] = route
            var message = LinkMessage()
            message.publish = route
            for link in state.links.values { link.send.yield(message) }
        }
        await gateway.publish(route)
    }

    func withdraw(_ workspace: WorkspaceID) async {
        let done: [Latch] = state.withLock { state in
            state.routes[workspace] = nil
            state.past[workspace] = nil
            state.next += 1
            let number = state.next
            return state.links.keys.map { id in
                var message = LinkMessage()
                message.withdraw = workspace
                message.number = number
                let latch = Latch()
                state.links[id]?.pending[number] = latch
                state.links[id]?.send.yield(message)
                return latch
            }
        }
        await gateway.withdraw(workspace)
        guard !done.isEmpty else { return }
        await withTaskGroup { group in
            group.addTask { for latch in done { try? await latch.wait() } }
            group.addTask { try? await Task.sleep(for: Self.patience) }
            await group.next()
            group.cancelAll()
        }
    }

    func traffic() async -> [WorkspaceID: Traffic] {
        var sum = await gateway.traffic()
        let others = state.withLock { state in
            ([state.past] + state.links.values.map(\.traffic)).map { traffic in
                traffic.filter { state.routes[$0.key] != nil }
            }
        }
        for traffic in others {
            for (workspace, more) in traffic { sum[workspace] = more.added(to: sum[workspace]) }
        }
        return sum
    }

    // MARK: - Links

    /// One came: it is told everything that counts now, and from now on what changes.
    func add(_ send: AsyncStream<LinkMessage>.Continuation) -> Int {
        state.withLock { state in
            state.next += 1
            var first = LinkMessage()
            first.credentials = signIn.credentialState
            first.endWithin = state.endWithin
            send.yield(first)
            for route in state.routes.values {
                var message = LinkMessage()
                message.publish = route
                send.yield(message)
            }
            if state.isComplete { send.yield(Self.complete) }
            state.links[state.next] = Link(send: send)
            return state.next
        }
    }

    /// It is gone: what was counted there stays, but nothing is open there any more.
    func remove(_ id: Int) {
        let pending = state.withLock { state in
            guard let link = state.links.removeValue(forKey: id) else { return [Latch]() }
            for (workspace, var traffic) in link.traffic where state.routes[workspace] != nil {
                traffic.open = 0
                state.past[workspace] = traffic.added(to: state.past[workspace])
            }
            return Array(link.pending.values)
        }
        for latch in pending { latch.open() }
    }

    func took(_ message: LinkMessage, from id: Int) {
        let done: Latch? = state.withLock { state in
            for entry in message.traffic ?? [] { state.links[id]?.traffic[entry.workspace] = entry.traffic }
            return message.done.flatMap { state.links[id]?.pending.removeValue(forKey: $0) }
        }
        done?.open()
    }
}

extension Traffic {
    func added(to sum: Traffic?) -> Traffic {
        guard let sum else { return self }
        return Traffic(
            lastActiveAt: [lastActiveAt, sum.lastActiveAt].compactMap(\.self).max(),
            firstByteAt: [firstByteAt, sum.firstByteAt].compactMap(\.self).min(),
            open: open + sum.open,
            bytesIn: bytesIn + sum.bytesIn,
            bytesOut: bytesOut + sum.bytesOut
        )
    }
}
