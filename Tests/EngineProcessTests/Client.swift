import CarrelCore
import CarrelTesting
import Glibc

/// A blocking connection to an endpoint, as plain as can be.
struct Client: ~Copyable {
    let socket: Int32

    init(_ endpoint: Endpoint?) throws {
        socket = try Self.open(endpoint)
    }

    private static func open(_ endpoint: Endpoint?) throws -> Int32 {
        guard case .unix(let path) = endpoint else { throw ContractBroken("not a unix socket") }
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        guard connected == 0 else {
            let failure = errno
            close(socket)
            throw ContractBroken("\(path): \(String(cString: strerror(failure)))")
        }
        return socket
    }

    deinit { close(socket) }

    borrowing func send(_ bytes: [UInt8]) -> Bool {
        var at = 0
        while at < bytes.count {
            let sent = bytes[at...].withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return false }
            at += sent
        }
        return true
    }

    borrowing func endSending() { shutdown(socket, Int32(SHUT_WR)) }

    /// Everything until the other side ends.
    borrowing func rest() -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { return all }
            all.append(contentsOf: buffer[..<count])
        }
    }

    /// One request of HTTP/1.0 and all of its answer.
    static func get(_ path: String, from endpoint: Endpoint?, headers: String = "") throws -> String {
        try request("GET \(path) HTTP/1.0\r\nHost: localhost\r\n\(headers)\r\n", to: endpoint)
    }

    static func request(_ text: String, to endpoint: Endpoint?) throws -> String {
        let client = try Client(endpoint)
        _ = client.send(Array(text.utf8))
        return String(decoding: client.rest(), as: UTF8.self)
    }
}
