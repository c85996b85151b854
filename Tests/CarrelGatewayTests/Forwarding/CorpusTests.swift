import CarrelCore
import CarrelGateway
import Synchronization
import Testing

@Suite("The smuggling corpus", .timeLimit(.minutes(5)))
struct CorpusTests {
    /// Where the bytes of a case are cut into writes of their own.
    enum Cut: Equatable {
        case nowhere, everywhere
        case at(Int)
    }

    struct Outcome: Equatable {
        var statuses: [Int]
        var workspace: String
        var hub: String
        var wholeRequests: Int
    }

    static let ok = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8)
    static let sentinel = "GET /sentinel HTTP/1.1\r\nHost: work.test\r\n\r\n"

    @Test("There are at least 150 cases, each with a title of its own")
    func count() throws {
        let cases = try SmugglingCase.all()
        #expect(cases.count >= 150)
        #expect(Set(cases.map(\.title)).count == cases.count)
    }

    @Test("What a client sends comes to what its file says, at the client and at the upstream, however it is split")
    func outcomes() async throws {
        let cases = try SmugglingCase.all()
        // Each waits most of its time for a gateway to shut down: eight at once take little longer than one.
        try await withThrowingTaskGroup { tasks in
            var left = cases.makeIterator()
            for _ in 0..<8 {
                if let next = left.next() { tasks.addTask { try await check(next) } }
            }
            while try await tasks.next() != nil {
                if let next = left.next() { tasks.addTask { try await check(next) } }
            }
        }
    }

    private func check(_ smuggling: SmugglingCase) async throws {
        let whole: Outcome
        do { whole = try await play(smuggling, cut: .nowhere) } catch {
            Issue.record("\(smuggling.name): \(error)")
            return
        }
        #expect(whole.statuses == smuggling.statuses, "\(smuggling.name)")
        #expect(whole.hub == Self.shown(smuggling.hub), "\(smuggling.name)")
        if smuggling.isCutOff {
            #expect(whole.wholeRequests == 0, "\(smuggling.name)")
        } else {
            #expect(whole.workspace == Self.shown(smuggling.workspace), "\(smuggling.name)")
        }
        // What is refused may be answered, and the connection closed, before all of it is sent.
        guard smuggling.statuses.allSatisfy({ $0 < 400 }), smuggling.bytes.count < 4096 else { return }
        #expect(try await play(smuggling, cut: .everywhere) == whole, "\(smuggling.name), byte by byte")
        let place = Int.random(in: 1..<smuggling.bytes.count)
        #expect(try await play(smuggling, cut: .at(place)) == whole, "\(smuggling.name), cut at \(place)")
    }

    // MARK: - Playing

    private func play(_ smuggling: SmugglingCase, cut: Cut) async throws -> Outcome {
        let (workspace, hub) = (RecordingUpstream(), RecordingUpstream())
        let client = Recorded()
        var setting = GatewayFixture.Setting(
            hub: hub.script(Self.ok),
            workspace: workspace.script(smuggling.upstreamBytes ?? Self.ok)
        )
        setting.limits = smuggling.limits
        try await GatewayFixture.withGateway(setting) { fixture async throws in
            let connection = try await fixture.connect()
            await send(smuggling.bytes, on: connection, cut: cut)
            switch smuggling.ending {
            case .closed: client.text = await connection.untilEnd()
            case .open:
                client.text = try await Self.responses(smuggling.statuses.count, on: connection)
                try await connection.send(Self.sentinel)
                let last = try await connection.takeMessage()
                #expect(last.hasPrefix("HTTP/1.1 200 "), "the connection is in step: \(smuggling.name)")
            case .tunnel:
                client.text = try await Self.responses(smuggling.statuses.count, on: connection)
                try await connection.send(RecordingUpstream.tunnelEnd)
                _ = await connection.untilEnd()
            }
            await connection.close()
            // With the gateway all its connections end: what they carried is then known wholly.
            await fixture.gateway.shutdown(drain: .zero)
            await workspace.ended()
            await hub.ended()
        }
        return Outcome(
            statuses: Self.statuses(client.text),
            workspace: Self.without(smuggling.ending == .tunnel ? RecordingUpstream.tunnelEnd : [], workspace.received),
            hub: Self.withoutSentinel(Self.shown(hub.received), smuggling.ending == .open),
            wholeRequests: workspace.wholeRequests
        )
    }

    private func send(_ bytes: [UInt8], on connection: RawConnection, cut: Cut) async {
        // The gateway may close before all is sent: what it answered is looked at then.
        switch cut {
        case .nowhere: try? await connection.send(bytes)
        case .everywhere: for byte in bytes { try? await connection.send([byte]) }
        case .at(let place):
            try? await connection.send(Array(bytes[..<place]))
            try? await connection.send(Array(bytes[place...]))
        }
    }

    /// So many responses, interim ones included, of which none has a chunked body.
    private static func responses(_ count: Int, on connection: RawConnection) async throws -> String {
        var text = ""
        for _ in 0..<count {
            let head = try await connection.takeHead()
            let hasBody = !head.hasPrefix("HTTP/1.1 1") && head.headerValue("content-length") != nil
            text += head
            if hasBody, let length = head.headerValue("content-length").flatMap({ Int($0) }) {
                text += try await connection.take(count: length)
            }
        }
        return text
    }

    private static func statuses(_ text: String) -> [Int] {
        text.ranges(of: "HTTP/1.1 ").compactMap { Int(text[$0.upperBound...].prefix(3)) }
    }

    private static func without(_ end: [UInt8], _ bytes: [UInt8]) -> String {
        shown(bytes.suffix(end.count).elementsEqual(end) ? Array(bytes.dropLast(end.count)) : bytes)
    }

    private static func withoutSentinel(_ text: String, _ wasSent: Bool) -> String {
        guard wasSent, let start = text.ranges(of: "GET /sentinel").last else { return text }
        return String(text[..<start.lowerBound])
    }

    /// As text, with the ids of requests, which differ each time, replaced.
    private static func shown(_ bytes: [UInt8]) -> String {
        let latin = String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        return latin.replacing(/X-Carrel-Request-Id: [a-z0-9-]+/, with: "X-Carrel-Request-Id: ID")
    }

    /// What the client saw.
    private final class Recorded: Sendable {
        private let held = Mutex("")
        var text: String {
            get { held.withLock(\.self) }
            set { held.withLock { $0 = newValue } }
        }
    }
}
