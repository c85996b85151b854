import CarrelCore
import NIOCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A TCP socket that connections wait at. Made here and not by NIO, which hands out no descriptor: a successor gets
/// the very same socket, so that nobody who waits in its queue is lost.
public struct ListeningSocket: Sendable {
    /// As many may wait to be accepted.
    static let backlog: Int32 = 4096

    /// `users`, `operators`.
    public let listener: String
    /// What it was configured to be bound to, `host:port`: port 0 stays 0.
    public let bind: String
    /// Open for as long as nobody closes it.
    public let descriptor: Int32

    public init(listener: String, bind: String, descriptor: Int32) {
        self.listener = listener
        self.bind = bind
        self.descriptor = descriptor
    }

    /// Bound and not yet listening. Throws `IOError`, or what resolving the host's name throws.
    static func open(_ configuration: GatewayConfiguration.Listener) throws -> ListeningSocket {
        let address = try SocketAddress.makeAddressResolvingHost(configuration.host, port: configuration.port)
        let family: Int32 = if case .v6 = address { AF_INET6 } else { AF_INET }
        #if os(Linux)
            let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "socket") }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let bound = address.withSockAddr { address, size in
            #if canImport(Glibc)
                Glibc.bind(descriptor, address, socklen_t(size))
            #elseif canImport(Musl)
                Musl.bind(descriptor, address, socklen_t(size))
            #else
                Darwin.bind(descriptor, address, socklen_t(size))
            #endif
        }
        guard bound == 0 else {
            let fault = errno
            _ = close(descriptor)
            throw IOError(errnoCode: fault, reason: "bind")
        }
        return ListeningSocket(listener: configuration.name, bind: configuration.bind, descriptor: descriptor)
    }

    /// Another descriptor of the same socket.
    func duplicated() throws -> ListeningSocket {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw IOError(errnoCode: errno, reason: "dup") }
        return ListeningSocket(listener: listener, bind: bind, descriptor: copy)
    }

    /// NIO listens with a backlog of 128 when it takes a socket over.
    func lengthenQueue() { listen(descriptor, Self.backlog) }

    /// Whoever waits in the queue stays there while another process has the socket.
    public func closeDescriptor() { _ = close(descriptor) }
}

extension GatewayConfiguration.Listener {
    var bind: String { "\(host):\(port)" }
}

extension Gateway {
    /// Copies of the sockets that it listens on, for another process: the caller closes them. Empty unless it runs.
    public func listeningSockets() throws -> [ListeningSocket] {
        let sockets: [ListeningSocket] = state.withLock { state in
            if case .running(let running) = state { return running.sockets }
            return []
        }
        var copies: [ListeningSocket] = []
        do {
            for socket in sockets { copies.append(try socket.duplicated()) }
        } catch {
            for copy in copies { copy.closeDescriptor() }
            throw CarrelError(.internal, "A listener's socket can't be copied.", cause: error)
        }
        return copies
    }
}
