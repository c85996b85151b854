import CarrelCore
import NIOCore
import NIOPosix
import NIOSSL

/// A connection to the engine of which a request made a plain stream of bytes, both ways
/// (https://docs.docker.com/engine/api/v1.41/#operation/ContainerAttach, “Hijacking”).
struct HijackedConnection: Sendable {
    let stream: NIOAsyncChannelInboundStream<ByteBuffer>
    let writer: NIOAsyncChannelOutboundWriter<ByteBuffer>
    let call: String
    /// Open once the engine has answered that it is a stream now: what is sent before that is lost.
    let begun = Latch()

    /// The longest head of an answer, in bytes.
    private static let headLimit = 65_536

    /// Sends the request, and hands the connection to `use`, which reads the answer's head first. It is closed when that
    /// returns. Throws `DockerFault`, and what `use` throws.
    static func with(
        _ address: DockerAddress,
        post path: String,
        json: [UInt8],
        _ use: @Sendable (HijackedConnection) async throws -> Void
    ) async throws {
        let call = "POST \(path)"
        let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        do { channel = try await connect(address) } catch {
            throw DockerFault(status: 0, message: "\(error)", call: call, trust: TLSTrouble(error))
        }
        try await channel.executeThenClose { inbound, outbound in
            var request = ByteBuffer()
            request.writeString(
                "POST /\(DockerClient.version)\(path) HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(json.count)\r\n\r\n"
            )
            request.writeBytes(json)
            try await outbound.write(request)
            try await use(HijackedConnection(stream: inbound, writer: outbound, call: call))
            outbound.finish()
        }
    }

    /// What follows the answer's head; nil while that is not there whole. Throws `DockerFault` if the answer is none of a
    /// stream.
    func rest(after bytes: [UInt8]) throws -> [UInt8]? {
        guard let found = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else {
            guard bytes.count < Self.headLimit else { throw unanswered }
            return nil
        }
        let text = String(decoding: bytes[..<found.lowerBound], as: UTF8.self)
        let status = Int(text.split(separator: " ", maxSplits: 2).dropFirst().first ?? "") ?? 0
        let rest = Array(bytes[found.upperBound...])
        if status == 101 || status == 200 { return rest }
        throw DockerFault(status: status, message: String(decoding: rest.prefix(500), as: UTF8.self), call: call)
    }

    var unanswered: DockerFault { DockerFault(status: 0, message: "The engine did not answer.", call: call) }

    private static func connect(_ address: DockerAddress) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        // The command's end of its output must not end our input to it.
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connectTimeout(.seconds(5))
        let configuration = NIOAsyncChannel<ByteBuffer, ByteBuffer>.Configuration(isOutboundHalfClosureEnabled: true)
        switch address {
        case .socket(let path):
            return try await bootstrap.connect(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel(wrappingChannelSynchronously: channel, configuration: configuration)
                }
            }
        case .tls(let host, let port, let tls):
            let context = try NIOSSLContext(configuration: tls)
            let isName = (try? SocketAddress(ipAddress: host, port: port)) == nil
            return try await bootstrap.connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = try NIOSSLClientHandler(context: context, serverHostname: isName ? host : nil)
                    try channel.pipeline.syncOperations.addHandler(handler)
                    return try NIOAsyncChannel(wrappingChannelSynchronously: channel, configuration: configuration)
                }
            }
        }
    }
}
