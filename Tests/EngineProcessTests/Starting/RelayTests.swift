import CarrelCore
import CarrelTesting
import EngineHost
import Glibc
import Testing

@testable import EngineProcess

@Suite("carrel-init relays to the app", .enabled(if: ProcessFixture.canSandbox, "needs bubblewrap"))
struct RelayTests {
    /// Sends back what it gets, but only once the sender has ended: what a half-close is for.
    static let echo = """
        import socket,threading
        def serve(c):
            parts=[]
            while True:
                b=c.recv(65536)
                if not b: break
                parts.append(b)
            for b in parts: c.sendall(b)
            c.close()
        def listen(port):
            s=socket.create_server(('127.0.0.1',port),backlog=4096)
            while True: threading.Thread(target=serve,args=(s.accept()[0],),daemon=True).start()
        threading.Thread(target=listen,args=(9999,),daemon=True).start()
        print('listening',flush=True); listen(8888)
        """

    private func echoing(_ trial: Trial) async throws -> Instance {
        var app = try trial.fixture.app(command: ["/usr/bin/python3", "-c", Self.echo])
        app.ports = ["versions": 9999]
        let instance = try await trial.start(app)
        try await trial.waitFor("listening", in: instance)
        return instance
    }

    @Test("Bytes come back unchanged after a half-close, on the main port and on a further one")
    func halfClose() async throws {
        try await ProcessFixture.with { trial in
            let instance = try await echoing(trial)
            let bytes = (0..<20_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 11) }
            for endpoint in [instance.endpoint, instance.extraEndpoints["versions"]] {
                // Connecting can be quicker than the second listener.
                try await trial.eventually("it does not come back unchanged") {
                    let back = try await blocking {
                        let client = try Client(endpoint)
                        guard client.send(bytes) else { return [UInt8]() }
                        client.endSending()
                        return client.rest()
                    }
                    return back == bytes
                }
            }
        }
    }

    @Test("A thousand connections at once are all served")
    func many() async throws {
        try await ProcessFixture.with { trial in
            let instance = try await echoing(trial)
            let answers = try await blocking {
                var sockets: [Int32] = []
                var answers = 0
                for number in 0..<1000 {
                    let client = try Client(instance.endpoint)
                    _ = client.send(Array("number \(number)".utf8))
                    sockets.append(dup(client.socket))
                }
                for (number, socket) in sockets.enumerated() {
                    shutdown(socket, Int32(SHUT_WR))
                    var buffer = [UInt8](repeating: 0, count: 64)
                    let count = recv(socket, &buffer, buffer.count, Int32(MSG_WAITALL))
                    if count > 0, buffer[..<count] == Array("number \(number)".utf8)[...] { answers += 1 }
                    close(socket)
                }
                return answers
            }
            #expect(answers == 1000)
        }
    }

    @Test("Where nothing listens the connection is closed at once, and an idle relay uses no CPU time")
    func refused() async throws {
        try await ProcessFixture.with { trial in
            let instance = try await trial.start("exec sleep 600")
            let answer = try await blocking { try Client.get("/", from: instance.endpoint) }
            #expect(answer.isEmpty)
            let before = try await trial.engine.stats()[instance.workspace]?.cpuTime
            // Long enough for a loop that spins to show.
            try await Task.sleep(for: .milliseconds(300))
            let after = try await trial.engine.stats()[instance.workspace]?.cpuTime
            #expect(try #require(after) - #require(before) < .milliseconds(50))
        }
    }
}
