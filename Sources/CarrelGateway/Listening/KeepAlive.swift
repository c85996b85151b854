import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How a peer that went away without saying so is found: the kernel asks a silent one, and gives up on one that
/// acknowledges nothing (tcp(7)). Whole seconds count.
///
/// The kernel has one patience for all of it (`TCP_USER_TIMEOUT`): a peer that is there but takes nothing of what is
/// sent to it is given up just so. Hence five minutes, where silence alone would need less: somebody may pause a
/// download.
public struct KeepAlive: Hashable, Sendable {
    /// Silence before the first question. 1 s to 9 h.
    public var idle: Duration
    /// Between questions.
    public var interval: Duration
    /// Questions without answer until the connection counts as gone.
    public var probes: Int

    public init(idle: Duration = .seconds(60), interval: Duration = .seconds(15), probes: Int = 16) {
        self.idle = idle
        self.interval = interval
        self.probes = probes
    }

    /// What sets it on a socket. Connections inherit it from the socket that listens: they cost nothing then.
    var options: [(option: ChannelOptions.Types.SocketOption, value: SocketOptionValue)] {
        #if os(Linux)
            let seconds = { (duration: Duration) in SocketOptionValue(min(32_767, max(1, duration.components.seconds)))
            }
            let patience = min(idle + interval * probes, .seconds(2_000_000))
            return [
                (.socketOption(.so_keepalive), 1),
                (.tcpOption(NIOBSDSocket.Option(rawValue: TCP_KEEPIDLE)), seconds(idle)),
                (.tcpOption(NIOBSDSocket.Option(rawValue: TCP_KEEPINTVL)), seconds(interval)),
                (.tcpOption(NIOBSDSocket.Option(rawValue: TCP_KEEPCNT)), SocketOptionValue(min(127, max(1, probes)))),
                // Questions are not asked while data waits to be acknowledged.
                (
                    .tcpOption(NIOBSDSocket.Option(rawValue: TCP_USER_TIMEOUT)),
                    SocketOptionValue(patience.components.seconds * 1000)
                ),
            ]
        #else
            return [(.socketOption(.so_keepalive), 1)]
        #endif
    }
}
