import CarrelCore
import CarrelTesting
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import CarrelGateway

@Suite("Handing a pooled connection on")
struct UpstreamLeaseTests {
    private let eventLoop = EmbeddedEventLoop()
    private let loop: LoopState
    private let listener: ListenerPlan

    init() throws {
        loop = LoopState(
            eventLoop: eventLoop,
            clock: VirtualClock(),
            limits: .init(),
            authorize: { _ in nil },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            requestPrefix: "t-",
            resume: { _ in }
        )
        let configuration = GatewayConfiguration.Listener(
            name: "users",
            host: "127.0.0.1",
            port: 0,
            publicOrigin: nil,
            hubSocket: "/nonexistent",
            servesWorkspaces: true,
            sessionCookie: "carrel"
        )
        listener = try ListenerPlan(configuration, connectionsPerClient: 10)
    }

    private func client() throws -> (ClientConnection, EmbeddedChannel) {
        let client = ClientConnection(
            loop: loop,
            listener: listener,
            peer: ClientPeer(address: "192.0.2.1", listener: listener)
        )
        let channel = EmbeddedChannel(handler: client, loop: eventLoop)
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 1)).wait()
        return (client, channel)
    }

    /// As it was set last; channels read by themselves until told otherwise.
    private func isRead(_ channel: EmbeddedChannel) -> Bool {
        channel.options.last { $0.option is ChannelOptions.Types.AutoReadOption }?.value as? Bool ?? true
    }

    @Test("The next one's answer is read, though the last reader took no more of theirs, and is lost")
    func lostReader() throws {
        let pool = UpstreamPool(.tcp(host: "127.0.0.1", port: 1), loop: loop, maxConnections: 1)
        let upstream = UpstreamConnection(pool: pool, loop: loop)
        let channel = EmbeddedChannel(handler: upstream, loop: eventLoop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let (first, firstChannel) = try client()
        first.upstream = upstream
        upstream.lease(to: first)
        firstChannel.isWritable = false
        firstChannel.pipeline.fireChannelWritabilityChanged()
        #expect(!isRead(channel), "a client that takes no more holds the workspace back")

        let (second, secondChannel) = try client()
        first.upstream = nil
        upstream.lease(to: second)
        #expect(isRead(channel), "that is not the next one's trouble")
        firstChannel.isWritable = true
        firstChannel.isWritable = false
        firstChannel.pipeline.fireChannelWritabilityChanged()
        #expect(isRead(channel), "nor is what the first does later")
        for channel in [firstChannel, secondChannel, channel] { _ = try? channel.finish(acceptAlreadyClosed: true) }
    }

    @Test("A connection that rests is read, so that its end is seen")
    func resting() throws {
        let pool = UpstreamPool(.tcp(host: "127.0.0.1", port: 1), loop: loop, maxConnections: 1)
        let upstream = UpstreamConnection(pool: pool, loop: loop)
        let channel = EmbeddedChannel(handler: upstream, loop: eventLoop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let (first, firstChannel) = try client()
        upstream.lease(to: first)
        upstream.setPaused(true)
        pool.release(upstream)
        #expect(isRead(channel))
        #expect(upstream.isUsable)
        for channel in [firstChannel, channel] { _ = try? channel.finish(acceptAlreadyClosed: true) }
    }
}
