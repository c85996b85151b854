import NIOCore
import NIOHPACK
import NIOHTTP2
import Testing

@testable import CarrelGateway

@Suite("One stream of HTTP/2 looks like a connection of HTTP/1.1 with one request")
struct HTTP2StreamTests {
    private typealias Frame = HTTP2Frame.FramePayload

    private static let put: HPACKHeaders = [":method": "PUT", ":scheme": "https", ":authority": "a", ":path": "/"]

    private let connection = RecordedFrames()
    private let user = RecordedUser()
    private let stream: HTTP2Stream

    init() { stream = HTTP2Stream(1, frames: connection, user: user, takesMore: true) }

    private func headers(_ headers: HPACKHeaders, ends: Bool = false) -> Frame {
        .headers(.init(headers: headers, endStream: ends))
    }

    private func data(_ text: String, ends: Bool = false) -> Frame {
        .data(.init(data: .byteBuffer(ByteBuffer(string: text)), endStream: ends))
    }

    private func answer(_ text: String) { stream.send(ByteBuffer(string: text)) }

    @Test("DATA becomes chunks where no length was said")
    func chunks() {
        stream.received(headers(Self.put))
        stream.received(data("hello"))
        stream.received(data(String(repeating: "x", count: 5000)))
        stream.received(data("", ends: true))
        let long = String(repeating: "x", count: 5000)
        #expect(user.text.hasSuffix("\r\n\r\n5\r\nhello\r\n1388\r\n\(long)\r\n0\r\n\r\n"))
    }

    @Test("DATA passes as it is where a length was said, and trailers are dropped there")
    func length() {
        var head = Self.put
        head.add(name: "content-length", value: "5")
        stream.received(headers(head))
        stream.received(data("hello"))
        stream.received(headers(["x-digest": "1"], ends: true))
        #expect(user.text.hasSuffix("\r\n\r\nhello"))
    }

    @Test("Trailers end a body in chunks")
    func trailers() {
        stream.received(headers(Self.put))
        stream.received(data("a"))
        stream.received(headers(["x-digest": "1"], ends: true))
        #expect(user.text.hasSuffix("1\r\na\r\n0\r\nx-digest: 1\r\n\r\n"))
    }

    @Test("What is malformed resets the stream, and nobody behind hears of it")
    func malformed() {
        stream.received(headers([":method": "GET"], ends: true))
        #expect(connection.words == ["reset 1"])
        #expect(connection.faults == 1)
        #expect(user.text == "")
    }

    @Test("A response's bytes become frames; the one that ends the stream is its last")
    func response() {
        stream.received(headers(Self.put, ends: true))
        answer("HTTP/1.1 100 Continue\r\n\r\n")
        answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel")
        answer("lo")
        #expect(connection.words == ["100", "200", "hel", "lo end"])
    }

    @Test("The end of the writing side ends a response that has no other end")
    func untilClose() {
        var isSent = false
        stream.received(headers(Self.put, ends: true))
        answer("HTTP/1.1 200 OK\r\n\r\nsome")
        stream.endOutput { isSent = true }
        #expect(connection.words == ["200", "some", " end"])
        #expect(!isSent)
        connection.leave(stream)
        #expect(isSent)
    }

    @Test("A response to a request that goes on is followed by a reset without error, when it has left")
    func early() {
        stream.received(headers(Self.put))
        answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        stream.endOutput {}
        #expect(connection.words == ["403 end"])
        connection.leave(stream)
        #expect(connection.words == ["403 end", "reset 0"])
    }

    @Test("A response that is cut off does not look complete")
    func cut() {
        stream.received(headers(Self.put, ends: true))
        answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")
        stream.cutOff()
        stream.cutOff()
        #expect(connection.words == ["200", "he", "reset 2"])
    }

    @Test("What was written leaves before a stream is broken off")
    func breaking() {
        stream.received(headers(Self.put, ends: true))
        answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")
        stream.breakOff()
        #expect(connection.words == ["200", "he"])
        connection.leave(stream)
        #expect(connection.words == ["200", "he", "reset 2"])
    }

    @Test("While nothing is read, the client's bytes are held and its window is not widened")
    func heldBack() {
        let most = HTTP2Connection.streamWindow
        stream.received(headers(Self.put))
        let head = user.text
        stream.setReading(false)
        for number in 1...8 {
            stream.received(data(String(repeating: "x", count: 16_384)))
            stream.windowChanged(to: most - number * 16_384)
        }
        stream.received(headers(["x-digest": "1"], ends: true))
        #expect(user.text == head)
        #expect(connection.words == [])
        stream.setReading(true)
        #expect(user.text.utf8.count > head.utf8.count + 8 * 16_384)
        #expect(user.text.hasSuffix("0\r\nx-digest: 1\r\n\r\n"))
        #expect(connection.words == [], "it sends no more")
    }

    @Test("The window is widened by what was taken, when that is half of it")
    func widened() {
        let most = HTTP2Connection.streamWindow
        stream.received(headers(Self.put))
        stream.windowChanged(to: most - 16_384)
        #expect(connection.words == [])
        stream.windowChanged(to: most / 2)
        #expect(connection.words == ["widen \(most / 2)"])
    }

    @Test("One that stops reading again keeps what is left, and the window stays as it is")
    func pausedAgain() {
        let most = HTTP2Connection.streamWindow
        stream.received(headers(Self.put))
        stream.setReading(false)
        for _ in 1...10 { stream.received(data(String(repeating: "x", count: 16_384))) }
        stream.windowChanged(to: most - 10 * 16_384)
        let before = user.text.utf8.count
        user.whenReceived = { [stream] in stream.setReading(false) }
        stream.setReading(true)
        #expect((16_384..<2 * 16_384).contains(user.text.utf8.count - before))
        #expect(connection.words == [])
        user.whenReceived = {}
        stream.setReading(true)
        #expect(connection.words == ["widen \(10 * 16_384)"])
    }

    @Test("Who writes is told when as much waits as may, and when most of it has left")
    func backPressure() {
        stream.received(headers(Self.put, ends: true))
        answer("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        answer(String(repeating: "x", count: HTTP2Connection.waterMark.high))
        #expect(user.takesMore)
        answer("x")
        #expect(!user.takesMore)
        #expect(stream.left(HTTP2Connection.waterMark.low, isLast: false))
        stream.settle()
        #expect(!user.takesMore)
        #expect(stream.left(1, isLast: false))
        stream.settle()
        #expect(user.takesMore)
        stream.connectionChanged(takesMore: false)
        #expect(!user.takesMore)
    }

    /// Keeps what a stream sends.
    private final class RecordedFrames: StreamFrames {
        let scratch = (read: ResponseHead(), written: HeadText())
        private var written: [Frame] = []
        private var leftCount = 0
        private(set) var words: [String] = []

        func write(_ payload: HTTP2Frame.FramePayload, of stream: HTTP2StreamID) {
            written.append(payload)
            switch payload {
            case .headers(let headers):
                let status = headers.headers.first(name: ":status") ?? "trailers"
                words.append(status + (headers.endStream ? " end" : ""))
            case .data(let data):
                guard case .byteBuffer(let buffer) = data.data else { return }
                words.append(String(buffer: buffer) + (data.endStream ? " end" : ""))
            case .rstStream(let code): words.append("reset \(code.networkCode)")
            default: words.append("?")
            }
        }

        private(set) var faults = 0

        func noteMalformed() { faults += 1 }

        func widen(_ stream: HTTP2StreamID, by bytes: Int) { words.append("widen \(bytes)") }

        /// As if all of it were sent now.
        func leave(_ stream: HTTP2Stream) {
            for payload in written[leftCount...] {
                switch payload {
                case .data(let data): _ = stream.left(data.data.readableBytes, isLast: data.endStream)
                case .headers(let headers): _ = stream.left(0, isLast: headers.endStream)
                default: break
                }
            }
            leftCount = written.count
            stream.settle()
        }
    }

    /// Keeps what is received behind a stream.
    private final class RecordedUser: WireUser {
        private(set) var text = ""
        private(set) var takesMore = true
        var whenReceived: () -> Void = {}

        func received(_ buffer: ByteBuffer) {
            text += String(buffer: buffer)
            whenReceived()
        }

        func receivedAll() {}

        func wireChanged(takesMore: Bool) { self.takesMore = takesMore }

        func wireClosed() {}
    }
}
