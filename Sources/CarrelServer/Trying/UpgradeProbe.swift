import NIOCore
import NIOPosix

/// Asks for a WebSocket (RFC 6455, 4.1) and reads how the answer begins.
enum UpgradeProbe {
    /// The answer's status. Throws if there is none in time.
    static func status(
        _ address: SocketAddress,
        path: String,
        headers: [(String, String)],
        within: TimeAmount
    ) async throws -> Int {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(within)
            .connect(to: address) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let deadline = channel.channel.eventLoop.scheduleTask(in: within) { channel.channel.close(promise: nil) }
        defer { deadline.cancel() }
        return try await channel.executeThenClose { inbound, outbound in
            var head = "GET \(path) HTTP/1.1\r\n"
            let fields =
                headers + [
                    ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
                    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
                ]
            for (name, value) in fields { head += "\(name): \(value)\r\n" }
            try await outbound.write(ByteBuffer(string: head + "\r\n"))
            var answer = ""
            for try await part in inbound {
                answer += String(buffer: part)
                let words = answer.prefix { !$0.isNewline }.split(separator: " ")
                if answer.contains(where: \.isNewline) || answer.utf8.count > 8192 {
                    guard words.count >= 2, let status = Int(words[1]) else { break }
                    return status
                }
            }
            throw ChannelError.eof
        }
    }
}
