import CarrelConfig
import CarrelCore
import CarrelGateway
import CarrelIdentity
import Glibc
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// After it handed over, a process keeps in touch with the one that serves, whichever that is: it hears of sessions
/// and routes, and tells what is used. It asks no store.
struct ElderService: Service {
    /// Who can't hear of revoked sessions for so long must not go on.
    static let loneliness: Duration = .seconds(60)
    /// How often what is used is told.
    static let pace: Duration = .milliseconds(500)

    let parts: Parts

    func run() async throws {
        await cancelWhenGracefulShutdown {
            guard (try? await parts.giving.left.wait()) != nil else { return }
            await keepInTouch()
        }
        try? await gracefulShutdown()
    }

    private func keepInTouch() async {
        var heard = ContinuousClock.now
        while !Task.isCancelled {
            do {
                try await talk()
                heard = .now
            } catch is DecodingError {
                parts.logger.error("the process that serves speaks another language: ending what is open here")
                return end(within: parts.configuration.drain.stop)
            } catch {
                parts.logger.debug("the process that serves can't be heard: \(error)")
            }
            guard ContinuousClock.now - heard < Self.loneliness else {
                parts.logger.warning("no process serves any more: ending what is open here")
                return end(within: parts.configuration.drain.stop)
            }
            try? await Task.sleep(for: .milliseconds(300))
        }
    }

    private func end(within rest: Duration) { parts.gateway.hasten(to: rest) }

    /// Until the connection ends. Throws if there is none.
    private func talk() async throws {
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(
                unixDomainSocketPath: parts.state.socket("elders"),
                channelInitializer: LinkMessage.channel
            )
        let (messages, send) = AsyncStream.makeStream(of: LinkMessage.self)
        var hello = LinkMessage()
        hello.pid = getpid()
        send.yield(hello)
        parts.successor.connected(send)
        defer {
            parts.successor.disconnected()
            send.finish()
        }
        try await connection.executeThenClose { inbound, outbound in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { for await message in messages { try await outbound.write(message.line) } }
                group.addTask { await tellTraffic(send) }
                group.addTask {
                    var published: Set<WorkspaceID> = []
                    for try await line in inbound {
                        try await heard(LinkMessage(line: line), &published, answer: send)
                    }
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }

    /// `published`: the routes that were told since the connection began.
    private func heard(
        _ message: LinkMessage,
        _ published: inout Set<WorkspaceID>,
        answer: AsyncStream<LinkMessage>.Continuation
    ) async throws {
        if let credentials = message.credentials { parts.signIn.adopt(credentials) }
        if let route = message.publish {
            published.insert(route.workspace)
            await parts.elders.publish(route)
        }
        if let workspace = message.withdraw {
            published.remove(workspace)
            await parts.elders.withdraw(workspace)
            var done = LinkMessage()
            done.done = message.number
            answer.yield(done)
        }
        if message.isComplete == true {
            for gone in parts.elders.routes.subtracting(published) { await parts.elders.withdraw(gone) }
        }
        if let resumed = message.resumed { parts.successor.resumed(resumed) }
        if let rest = message.endWithin { end(within: .milliseconds(rest)) }
    }

    private func tellTraffic(_ send: AsyncStream<LinkMessage>.Continuation) async {
        var told: [WorkspaceID: Traffic] = [:]
        while !Task.isCancelled {
            var message = LinkMessage()
            message.traffic = []
            for (workspace, traffic) in await parts.gateway.traffic() where told[workspace] != traffic {
                told[workspace] = traffic
                message.traffic?.append(.init(workspace: workspace, traffic: traffic))
            }
            if message.traffic?.isEmpty == false { send.yield(message) }
            try? await Task.sleep(for: Self.pace)
        }
    }
}

/// Waits for processes that want to take over.
struct GivingService: Service {
    let parts: Parts

    func run() async throws {
        await cancelWhenGracefulShutdown { await parts.giving.run(parts) }
        try? await gracefulShutdown()
    }
}
