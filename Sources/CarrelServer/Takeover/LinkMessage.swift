import CarrelCore
import CarrelIdentity
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the process that serves and its elders (those that handed over and keep going what is open) tell each other:
/// a line of JSON each. Fields that one side does not know are passed over.
struct LinkMessage: Codable, Sendable {
    // From the one that serves.

    /// Replaces all that was known.
    var credentials: CredentialState?
    var publish: Route?
    var withdraw: WorkspaceID?
    /// A withdrawal's, told back in `done`.
    var number: Int?
    /// All routes were published since the connection began: others are to be withdrawn.
    var isComplete: Bool?
    var resumed: Resumed?
    /// End what is left within so many milliseconds.
    var endWithin: Int64?

    // From an elder.

    var pid: Int32?
    var done: Int?
    /// Somebody asked for this paused workspace.
    var resume: WorkspaceID?
    /// What changed since the last time.
    var traffic: [WorkspaceTraffic]?

    struct Resumed: Codable, Sendable {
        var workspace: WorkspaceID
        var success: Bool
    }

    struct WorkspaceTraffic: Codable, Sendable {
        var workspace: WorkspaceID
        var traffic: Traffic
    }

    var line: ByteBuffer {
        get throws {
            var buffer = ByteBuffer(bytes: try JSONEncoder().encode(self))
            buffer.writeInteger(UInt8(ascii: "\n"))
            return buffer
        }
    }

    init() {}

    init(line: ByteBuffer) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(line.readableBytesView))
    }
}

/// Cuts what comes into lines, without their ends.
struct LineDecoder: ByteToMessageDecoder {
    typealias InboundOut = ByteBuffer

    /// Longer ones are refused: a million revoked sessions fit.
    static let longest = 64 << 20

    struct TooLong: Error {}

    mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        guard let end = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else {
            if buffer.readableBytes > Self.longest { throw TooLong() }
            return .needMoreData
        }
        guard let line = buffer.readSlice(length: end - buffer.readerIndex) else { return .needMoreData }
        buffer.moveReaderIndex(forwardBy: 1)
        context.fireChannelRead(wrapInboundOut(line))
        return .continue
    }

    mutating func decodeLast(context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool) throws
        -> DecodingState
    { .needMoreData }
}

typealias LinkChannel = NIOAsyncChannel<ByteBuffer, ByteBuffer>

extension LinkMessage {
    @Sendable static func channel(_ channel: any Channel) -> EventLoopFuture<LinkChannel> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(LineDecoder()))
            return try LinkChannel(wrappingChannelSynchronously: channel)
        }
    }
}
