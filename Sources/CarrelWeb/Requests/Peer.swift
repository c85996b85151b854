import Glibc
import NIOCore

/// Who is at the other end of a unix socket, as the kernel says (unix(7), SO_PEERCRED).
struct Peer: Hashable, Sendable {
    let pid: Int32
    let uid: UInt32

    /// As whom they signed in to this machine, whoever they have become since (pam_loginuid(8)); nil if that isn't known.
    var login: UInt32? {
        guard let file = fopen("/proc/\(pid)/loginuid", "re") else { return nil }
        defer { fclose(file) }
        var text = [CChar](repeating: 0, count: 16)
        guard fgets(&text, Int32(text.count), file) != nil else { return nil }
        let digits = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return UInt32(digits.filter(\.isNumber)).flatMap { $0 == .max ? nil : $0 }
    }

    /// Nil if the channel is none of a unix socket.
    static func of(_ channel: any Channel) async -> Peer? {
        /// `struct ucred`.
        struct Credentials {
            var pid: Int32 = 0
            var uid: UInt32 = .max
            var gid: UInt32 = .max
        }
        guard channel.localAddress?.pathname != nil, let provider = channel as? any SocketOptionProvider else {
            return nil
        }
        let found: Credentials? = try? await provider.unsafeGetSocketOption(
            level: .socket,
            name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        ).get()
        return found.map { Peer(pid: $0.pid, uid: $0.uid) }
    }

    /// Root, or the user that runs carrel.
    var isTrusted: Bool { uid == 0 || uid == geteuid() }
}
