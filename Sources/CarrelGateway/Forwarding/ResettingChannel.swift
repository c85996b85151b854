import NIOCore
import NIOPosix

extension Channel {
    /// Closing it will reset the connection instead of ending it in good order: the peer sees that something was cut off.
    /// What its socket has not sent by then is lost. Nothing for channels that are no sockets of their own.
    func resetWhenClosed() {
        _ = (self as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
    }
}
