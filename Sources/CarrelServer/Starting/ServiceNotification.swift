import Glibc

/// What the service manager is told (sd_notify(3)), where there is one: `NOTIFY_SOCKET` names its socket.
enum ServiceNotification {
    /// Lines of `NAME=value`. Does nothing, and tells nobody, where nobody listens.
    static func tell(_ state: String) {
        guard let name = getenv("NOTIFY_SOCKET") else { return }
        var path = String(cString: name)
        guard path.hasPrefix("/") || path.hasPrefix("@") else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let length = path.utf8.count
        guard length < MemoryLayout.size(ofValue: address.sun_path) else { return }
        let isAbstract = path.hasPrefix("@")
        path.withUTF8 { bytes in
            withUnsafeMutableBytes(of: &address.sun_path) { room in
                room.copyBytes(from: bytes)
                // An abstract name begins with a NUL (unix(7)).
                if isAbstract { room[0] = 0 }
            }
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let size = socklen_t(MemoryLayout<sa_family_t>.size + length)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, state, state.utf8.count, Int32(MSG_NOSIGNAL), $0, size)
            }
        }
    }
}
