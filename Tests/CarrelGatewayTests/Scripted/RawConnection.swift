import NIOCore
import NIOPosix
import Synchronization

/// One end of a connection, in raw bytes: tests say what is sent and look at what came.
final class RawConnection: Sendable {
    struct Ended: Error { let received: String }

    private struct State {
        var bytes: [UInt8] = []
        var ended = false
        var failed = false
        var changes = 0
        var waiter: CheckedContinuation<Void, Never>?
    }

    private final class Receiver: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let connection: RawConnection

        init(_ connection: RawConnection) { self.connection = connection }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            connection.change { $0.bytes += buffer.readableBytesView }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed? = event as? ChannelEvent { connection.change { $0.ended = true } }
        }

        func channelInactive(context: ChannelHandlerContext) { connection.change { $0.ended = true } }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            connection.change { $0.failed = true }
            context.close(promise: nil)
        }
    }

    let channel: any Channel
    private let state = Mutex(State())

    init(_ channel: any Channel) throws {
        self.channel = channel
        try channel.pipeline.syncOperations.addHandler(Receiver(self))
    }

    static func connect(to address: SocketAddress) async throws -> RawConnection {
        let made = Mutex<RawConnection?>(nil)
        _ = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = try RawConnection(channel)
                    made.withLock { $0 = connection }
                }
            }
            .connect(to: address).get()
        guard let connection = made.withLock(\.self) else { throw Ended(received: "") }
        return connection
    }

    private func change(_ body: (inout State) -> Void) {
        let waiter = state.withLock { state in
            body(&state)
            state.changes += 1
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Takes what `measure` finds at the front, once it finds it; throws if the other end closes before.
    func take(_ measure: @Sendable ([UInt8]) -> Int?) async throws -> String {
        String(decoding: try await takeBytes(measure), as: UTF8.self)
    }

    func takeBytes(_ measure: @Sendable ([UInt8]) -> Int?) async throws -> [UInt8] {
        while true {
            let (taken, ended, seen): ([UInt8]?, Bool, Int) = state.withLock { state in
                guard let count = measure(state.bytes), count <= state.bytes.count else {
                    return (nil, state.ended, state.changes)
                }
                defer { state.bytes.removeFirst(count) }
                return (Array(state.bytes[..<count]), state.ended, state.changes)
            }
            if let taken { return taken }
            if ended { throw Ended(received: state.withLock { String(decoding: $0.bytes, as: UTF8.self) }) }
            await waitForChange(after: seen)
        }
    }

    /// Whether it ended with an error, as a reset is, and not with an end in good order.
    var wasReset: Bool { state.withLock(\.failed) }

    /// Everything until the other end closes.
    func untilEnd() async -> String {
        while true {
            let (ended, seen) = state.withLock { ($0.ended, $0.changes) }
            if ended { break }
            await waitForChange(after: seen)
        }
        return state.withLock { state in
            defer { state.bytes = [] }
            return String(decoding: state.bytes, as: UTF8.self)
        }
    }

    /// Returns at once if something changed since `seen` was read.
    private func waitForChange(after seen: Int) async {
        await withCheckedContinuation { waiter in
            let isLate = state.withLock { state in
                if state.changes != seen { return true }
                state.waiter = waiter
                return false
            }
            if isLate { waiter.resume() }
        }
    }

    func take(count: Int) async throws -> String { try await take { $0.count >= count ? count : nil } }

    /// Up to and with the empty line.
    func takeHead() async throws -> String {
        try await take { bytes in
            guard bytes.count >= 4 else { return nil }
            return (4...bytes.count).first { bytes[($0 - 4)..<$0].elementsEqual([13, 10, 13, 10]) }
        }
    }

    /// A head and the body that its `Content-Length` announces.
    func takeMessage() async throws -> String {
        let head = try await takeHead()
        let length = head.headerValue("content-length").flatMap { Int($0) } ?? 0
        return try await head + take(count: length)
    }

    func send(_ text: String) async throws { try await channel.writeAndFlush(ByteBuffer(string: text)) }

    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    func close() async { try? await channel.close() }

    /// Ends it with a reset: the other end sees an error, not an end.
    func reset() async {
        try? await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        await close()
    }
}

extension String {
    /// The value of the first header of that name, given in lower case.
    func headerValue(_ name: String) -> String? { headerValues(name).first }

    func headerValues(_ name: String) -> [String] {
        split(separator: "\r\n").dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name else { return nil }
            let value = line[line.index(after: colon)...]
            return String(value.drop { $0 == " " })
        }
    }
}
