import CarrelCore
import CarrelWorkspaces
import Glibc
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Where elders keep in touch with the process that serves.
struct EldersService: Service {
    let parts: Parts

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            // Another process serves then, and the elders go there.
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { do { try await listen() } catch is CancellationError {} }
                group.addTask { try? await parts.giving.left.wait() }
                try await group.next()
                group.cancelAll()
            }
        }
        try? await gracefulShutdown()
    }

    private func listen() async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(
                unixDomainSocketPath: parts.state.ownSocket("elders"),
                cleanupExistingSocketFile: true,
                childChannelInitializer: LinkMessage.channel
            )
        parts.eldersListen.open()
        try await server.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                group.addTask {
                    try await parts.workspaces.settled()
                    parts.elders.tellComplete()
                }
                for try await connection in connections {
                    group.addTask { await serve(connection) }
                }
            }
        }
    }

    private func serve(_ connection: LinkChannel) async {
        do {
            try await connection.executeThenClose { inbound, outbound in
                guard await Self.isOurs(connection.channel) else { return }
                let (messages, send) = AsyncStream.makeStream(of: LinkMessage.self)
                let id = parts.elders.add(send)
                defer {
                    parts.elders.remove(id)
                    send.finish()
                }
                try await withThrowingDiscardingTaskGroup { group in
                    group.addTask { for await message in messages { try await outbound.write(message.line) } }
                    for try await line in inbound {
                        let message = try LinkMessage(line: line)
                        if let pid = message.pid { parts.logger.info("process \(pid) keeps going what is open there") }
                        parts.elders.took(message, from: id)
                        guard let workspace = message.resume else { continue }
                        group.addTask {
                            var answer = LinkMessage()
                            let success = await parts.resumer.resume(workspace)
                            answer.resumed = .init(workspace: workspace, success: success)
                            send.yield(answer)
                        }
                    }
                    group.cancelAll()
                }
            }
        } catch {
            parts.logger.debug("an elder's connection ended: \(error)")
        }
    }

    /// SO_PEERCRED: this user's or root's.
    private static func isOurs(_ channel: any Channel) async -> Bool {
        struct Credentials { var (pid, uid, gid) = (Int32(0), UInt32.max, UInt32.max) }
        guard let options = channel as? any SocketOptionProvider else { return false }
        let name = NIOBSDSocket.Option(rawValue: CInt(SO_PEERCRED))
        let peer: Credentials? = try? await options.unsafeGetSocketOption(level: .socket, name: name).get()
        guard let peer else { return false }
        return peer.uid == 0 || peer.uid == geteuid()
    }
}
