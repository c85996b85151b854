import CarrelCore
import CarrelTesting
import Foundation
import Glibc

@testable import EngineDocker

/// Answers one request on a unix socket with the lines of a fetch, as an engine whose disk is full or whose registry fell
/// silent would.
final class ScriptedEngine: Sendable {
    /// Open once the request was read, and once the client has gone.
    struct Exchange: Sendable {
        let asked = Latch()
        let gone = Latch()
    }

    let path: String
    private let listener: Int32

    init() throws {
        path = NSTemporaryDirectory() + "carrel-scripted-\(UUID().uuidString.prefix(8)).sock"
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8.prefix(107))) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) | listen(listener, 4)
            }
        }
        guard result == 0 else { throw ContractBroken("no socket at \(path)") }
    }

    deinit {
        close(listener)
        unlink(path)
    }

    /// Takes one connection; after the lines it ends the answer, or (`silent`) says nothing more until the client has gone. Returns how far it
    /// is.
    @discardableResult
    func answer(_ lines: [String], silent: Bool = false) -> Exchange {
        let exchange = Exchange()
        let thread = Thread { [listener] in
            let file = accept(listener, nil, nil)
            defer {
                close(file)
                exchange.gone.open()
            }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            _ = read(file, &buffer, buffer.count)
            exchange.asked.open()
            var text = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            for line in lines {
                text += String(line.utf8.count + 2, radix: 16) + "\r\n" + line + "\r\n\r\n"
            }
            if !silent { text += "0\r\n\r\n" }
            _ = send(file, text, text.utf8.count, Int32(MSG_NOSIGNAL))
            while read(file, &buffer, buffer.count) > 0 {}
        }
        thread.start()
        return exchange
    }
}
