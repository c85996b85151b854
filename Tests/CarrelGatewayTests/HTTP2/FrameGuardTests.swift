import CarrelTesting
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import CarrelGateway

@Suite("Between TLS and HTTP/2, useless frames are bounded and small writes become one")
struct FrameGuardTests {
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    private static let windowUpdate: [UInt8] = [0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1]

    private func channel() throws -> EmbeddedChannel {
        let loop = EmbeddedEventLoop()
        let state = LoopState(
            eventLoop: loop,
            clock: VirtualClock(),
            limits: .init(),
            authorize: { _ in nil },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            requestPrefix: "",
            resume: { _ in }
        )
        let channel = EmbeddedChannel(handler: FrameGuard(loop: state), loop: loop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private func repeated(_ frame: [UInt8], _ count: Int) -> ByteBuffer {
        var buffer = ByteBuffer()
        for _ in 0..<count { buffer.writeBytes(frame) }
        return buffer
    }

    private func sent(_ channel: EmbeddedChannel) throws -> [[UInt8]] {
        channel.embeddedEventLoop.run()
        var writes: [[UInt8]] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
            writes.append(Array(buffer.readableBytesView))
        }
        return writes
    }

    @Test("Frames that bring nothing end the connection with ENHANCE_YOUR_CALM, and it closes a moment later")
    func flood() throws {
        let channel = try channel()
        try channel.writeInbound(ByteBuffer(bytes: Self.preface))
        try channel.writeInbound(repeated(Self.windowUpdate, FrameGuard.burst))
        #expect(try sent(channel).isEmpty)
        try channel.writeInbound(repeated(Self.windowUpdate, 1))
        #expect(try sent(channel) == [[0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11]])
        #expect(channel.isActive, "the client is to read why")
        channel.embeddedEventLoop.advanceTime(by: FrameGuard.patience)
        #expect(!channel.isActive)
    }

    @Test("Data in either direction earns what frames cost")
    func useful() throws {
        let channel = try channel()
        try channel.writeInbound(ByteBuffer(bytes: Self.preface))
        let data = [0, 1, 0, 0, 0, 0, 0, 0, 1] + [UInt8](repeating: 7, count: 256)
        try channel.writeInbound(repeated(data, 2 * FrameGuard.burst))
        for _ in 0..<4 {
            try channel.writeInbound(repeated(Self.windowUpdate, FrameGuard.burst))
            let bytes = FrameGuard.burst * FrameGuard.bytesPerFrame
            channel.write(IOData.byteBuffer(ByteBuffer(repeating: 0, count: bytes)), promise: nil)
        }
        #expect(channel.isActive)
        #expect(try sent(channel).allSatisfy { $0.count > 17 })
    }

    @Test("After a GOAWAY that names an error nothing more is read, and one without changes nothing")
    func goAway() throws {
        let channel = try channel()
        func goAway(_ code: UInt8) -> IOData {
            .byteBuffer(ByteBuffer(bytes: [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, code]))
        }
        channel.write(goAway(0), promise: nil)
        try channel.writeInbound(ByteBuffer(bytes: Self.preface))
        #expect(try channel.readInbound(as: ByteBuffer.self) != nil)
        channel.write(goAway(1), promise: nil)
        try channel.writeInbound(repeated(Self.windowUpdate, 1))
        #expect(try channel.readInbound(as: ByteBuffer.self) == nil)
        try channel.writeInbound(ByteBuffer(repeating: 0, count: FrameGuard.leftovers + 1))
        #expect(!channel.isActive)
    }

    @Test("Small writes of one turn of the event loop leave as one; large ones are not copied, and order is kept")
    func together() throws {
        let channel = try channel()
        for byte in UInt8(1)...3 {
            channel.write(IOData.byteBuffer(ByteBuffer(bytes: [byte])), promise: nil)
            channel.flush()
        }
        #expect(try sent(channel) == [[1, 2, 3]])
        channel.write(IOData.byteBuffer(ByteBuffer(bytes: [4])), promise: nil)
        let written = channel.eventLoop.makePromise(of: Void.self)
        channel.write(IOData.byteBuffer(ByteBuffer(repeating: 5, count: 5000)), promise: nil)
        channel.write(IOData.byteBuffer(ByteBuffer(bytes: [6])), promise: written)
        channel.flush()
        let writes = try sent(channel)
        #expect(writes.map(\.count) == [1, 5000, 1])
        #expect(writes.map(\.first) == [4, 5, 6])
        try written.futureResult.wait()
    }

    @Test("What was written leaves before the connection closes")
    func close() throws {
        let channel = try channel()
        channel.write(IOData.byteBuffer(ByteBuffer(bytes: [1])), promise: nil)
        try channel.close().wait()
        #expect(try channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(bytes: [1]))
    }
}
