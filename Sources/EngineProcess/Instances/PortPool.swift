import CarrelCore
import Glibc

/// Ports of 127.0.0.1 for workspaces without a sandbox.
struct PortPool: Sendable {
    let range: ClosedRange<Int>

    /// The lowest port that is neither in `taken` nor listened on.
    func free(besides taken: Set<Int>) throws -> Int {
        for port in range where !taken.contains(port) && Self.isFree(port) { return port }
        throw CarrelError(
            .engineFailed,
            "There is no free port left for a workspace.",
            detail: "\(range.lowerBound)–\(range.upperBound)"
        )
    }

    static func isFree(_ port: Int) -> Bool {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { return false }
        defer { close(socket) }
        var on: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
