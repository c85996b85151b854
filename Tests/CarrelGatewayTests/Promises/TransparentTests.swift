import CarrelGateway
import NIOCore
import Synchronization
import Testing

/// Of the promise “Transparent” (docs/gateway.md lists all) what no other suite shows.
@Suite("Transparent", .timeLimit(.minutes(1)))
struct TransparentTests {
    /// More than all sockets between the two ends hold together.
    private static let much = 128 << 20
    private static let block = 1 << 20

    private final class Count: Sendable {
        private let bytes = Atomic(0)
        var now: Int { bytes.load(ordering: .acquiring) }
        func add(_ more: Int) { bytes.add(more, ordering: .acquiringAndReleasing) }
    }

    /// Returns how far `count` comes before it stands still. On a busy machine that may be early, never wrong.
    private static func standstill(_ count: Count) async throws -> Int {
        var (last, same) = (-1, 0)
        while same < 5 {
            try await Task.sleep(for: .milliseconds(100))
            same = count.now == last && last > 0 ? same + 1 : 0
            last = count.now
        }
        return last
    }

    private static func pour(_ connection: RawConnection, _ count: Count) async throws {
        let block = [UInt8](repeating: 0x78, count: Self.block)
        for _ in 0..<(Self.much / Self.block) {
            try await connection.send(block)
            count.add(block.count)
        }
    }

    /// Takes `much` bytes and keeps none.
    private static func drain(_ connection: RawConnection) async throws {
        try await connection.channel.setOption(.autoRead, value: true).get()
        var left = Self.much
        while left > 0 {
            let most = left
            left -= try await connection.takeBytes { $0.isEmpty ? nil : min($0.count, most) }.count
        }
    }

    @Test(
        "Back-pressure: a workspace that reads nothing of a body holds its client back, and gets it whole when it reads"
    )
    func backPressureUp() async throws {
        let (gate, head) = (Gate(), "Content-Length: \(Self.much)\r\n")
        let script: ScriptedServer.Script = { _, connection in
            _ = try await connection.takeHead()
            try await connection.channel.setOption(.autoRead, value: false).get()
            await gate.passed()
            try await Self.drain(connection)
            try await connection.send(ScriptedServer.ok())
            _ = await connection.untilEnd()
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let connection = try await fixture.connect()
            try await connection.send(fixture.request(method: "PUT", headers: head))
            let sent = Count()
            async let poured: Void = Self.pour(connection, sent)
            #expect(try await Self.standstill(sent) < Self.much / 2)
            gate.open()
            try await poured
            #expect(try await connection.takeMessage().hasSuffix("hello"))
        }
    }

    @Test(
        "Back-pressure: a client that reads nothing of a body holds the workspace back, and gets it whole when it reads"
    )
    func backPressureDown() async throws {
        let sent = Count()
        let script: ScriptedServer.Script = { _, connection in
            _ = try await connection.takeHead()
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(Self.much)\r\n\r\n")
            try await Self.pour(connection, sent)
            _ = await connection.untilEnd()
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let connection = try await fixture.connect()
            try await connection.channel.setOption(.autoRead, value: false).get()
            try await connection.send(fixture.request())
            #expect(try await Self.standstill(sent) < Self.much / 2)
            try await connection.channel.setOption(.autoRead, value: true).get()
            #expect(try await connection.takeHead().hasPrefix("HTTP/1.1 200 "))
            try await Self.drain(connection)
        }
    }

    @Test(
        "No buffering of whole bodies: each part of a request's is with the workspace before the next is sent",
        arguments: ["Content-Length: 10", "Transfer-Encoding: chunked"]
    )
    func partsUp(_ framing: String) async throws {
        let isChunked = framing.hasSuffix("chunked")
        let parts = isChunked ? ["5\r\nfirst\r\n", "4\r\nlast\r\n0\r\n\r\n"] : ["first", "-last"]
        let (came, arrived) = AsyncStream.makeStream(of: Void.self)
        let script: ScriptedServer.Script = { server, connection in
            _ = try await connection.takeHead()
            for part in parts {
                server.note(try await connection.take(count: part.utf8.count))
                arrived.yield()
            }
            try await connection.send(ScriptedServer.ok())
            _ = await connection.untilEnd()
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let connection = try await fixture.connect()
            try await connection.send(fixture.request(method: "PUT", headers: framing + "\r\n"))
            var arrivals = came.makeAsyncIterator()
            for part in parts {
                try await connection.send(part)
                _ = await arrivals.next()
            }
            #expect(fixture.workspace.requests == parts)
            #expect(try await connection.takeMessage().hasSuffix("hello"))
        }
    }

    @Test(
        "Server-sent events, and parts of any answer, are with the client before the next is sent",
        arguments: ["Content-Length: 24", "Transfer-Encoding: chunked", "Connection: close"]
    )
    func partsDown(_ framing: String) async throws {
        let event = "data: 12345\n"
        let part = framing.hasSuffix("chunked") ? "c\r\n\(event)\r\n" : event
        let gate = Gate()
        let script: ScriptedServer.Script = { _, connection in
            _ = try await connection.takeHead()
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\(framing)\r\n\r\n\(part)")
            await gate.passed()
            try await connection.send(part)
            if framing.hasSuffix("length: 24") { _ = await connection.untilEnd() }
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let connection = try await fixture.connect()
            try await connection.send(fixture.request(headers: "Accept: text/event-stream\r\n"))
            let head = try await connection.takeHead()
            #expect(head.headerValue("content-type") == "text/event-stream")
            // The first is there while the second is not sent: the gate is opened only then.
            let received = head.headerValue("transfer-encoding") == "chunked" ? "c\r\n\(event)\r\n" : event
            for _ in 0..<2 {
                #expect(try await connection.take(count: received.utf8.count) == received)
                gate.open()
            }
        }
    }

    @Test("A long poll is answered when there is something to tell; others are served meanwhile")
    func longPoll() async throws {
        let gate = Gate()
        let script: ScriptedServer.Script = { server, connection in
            let request = try await connection.takeMessage()
            server.note(request)
            if request.contains("/poll ") { await gate.passed() } else { gate.open() }
            try await connection.send(ScriptedServer.ok())
            _ = await connection.untilEnd()
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let polling = try await fixture.connect()
            try await polling.send(fixture.request("/poll"))
            while fixture.workspace.requests.isEmpty { await Task.yield() }
            #expect(try await fixture.ask(fixture.request("/tell")).hasSuffix("hello"))
            #expect(try await polling.takeMessage().hasSuffix("hello"))
        }
    }

    @Test("An Upgrade other than websocket is tunnelled as bytes, both ways, also what looks like frames or requests")
    func otherUpgrade() async throws {
        let script: ScriptedServer.Script = { server, connection in
            server.note(try await connection.takeHead())
            try await connection.send(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: ssh/2\r\nConnection: Upgrade\r\n\r\n"
            )
            while true { try await connection.send(connection.takeBytes { $0.isEmpty ? nil : $0.count }) }
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let connection = try await fixture.connect()
            let headers = "Connection: Upgrade\r\nUpgrade: ssh/2\r\n"
            try await connection.send(fixture.request(headers: headers))
            let head = try await connection.takeHead()
            #expect(head.hasPrefix("HTTP/1.1 101 "))
            #expect(head.headerValue("upgrade") == "ssh/2")
            #expect(fixture.workspace.requests[0].headerValue("upgrade") == "ssh/2")
            for bytes: [UInt8] in [
                [0x88, 0x80, 1, 2, 3, 4], Array("GET / HTTP/1.1\r\n\r\n".utf8), Array(0...255), [0xFF, 0x00],
            ] {
                try await connection.send(bytes)
                #expect(try await connection.takeBytes { $0.count >= bytes.count ? bytes.count : nil } == bytes)
            }
            #expect(fixture.hub.requests.isEmpty)
        }
    }
}
