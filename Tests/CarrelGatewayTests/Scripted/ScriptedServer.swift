import NIOCore
import NIOPosix
import Synchronization

/// A server whose connections each run a script of the test: what the gateway sends it can be looked at byte by byte.
final class ScriptedServer: Sendable {
    typealias Script = @Sendable (ScriptedServer, RawConnection) async throws -> Void

    private let log = Mutex<[String]>([])
    private let accepted = Mutex(0)

    /// Requests that the script noted, in order.
    var requests: [String] { log.withLock(\.self) }
    var connections: Int { accepted.withLock(\.self) }

    func note(_ request: String) { log.withLock { $0.append(request) } }

    /// Answers every request with what `answer` makes of it, on connections kept alive.
    static func answering(_ answer: @escaping @Sendable (String) -> String) -> Script {
        { server, connection in
            while true {
                let request = try await connection.takeMessage()
                server.note(request)
                try await connection.send(answer(request))
            }
        }
    }

    static func ok(_ body: String = "hello", headers: String = "") -> String {
        "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
    }

    /// Serves at `address` while `body` runs; then everything is closed.
    static func serve<Result: Sendable>(
        at address: SocketAddress,
        _ script: @escaping Script,
        while body: @Sendable (ScriptedServer, SocketAddress) async throws -> Result
    ) async throws -> Result {
        let server = ScriptedServer()
        let (connections, arrival) = AsyncStream.makeStream(of: RawConnection.self)
        let listening = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { _ = arrival.yield(try RawConnection(channel)) }
            }
            .bind(to: address).get()
        defer { arrival.finish() }
        let bound = listening.localAddress ?? address
        return try await withThrowingTaskGroup { tasks in
            tasks.addTask {
                await withDiscardingTaskGroup { scripts in
                    for await connection in connections {
                        server.accepted.withLock { $0 += 1 }
                        scripts.addTask {
                            try? await script(server, connection)
                            await connection.close()
                        }
                    }
                }
            }
            let result: Result
            do { result = try await body(server, bound) } catch {
                try? await listening.close()
                arrival.finish()
                throw error
            }
            try? await listening.close()
            arrival.finish()
            return result
        }
    }
}
