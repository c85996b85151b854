import Testing

@testable import CarrelGateway

@Suite("A response's head")
struct ResponseHeadTests {
    private func framing(_ text: String, answersHead: Bool = false) -> BodyFraming? {
        let head = ResponseHead()
        let isSound = Array(text.utf8).withUnsafeBytes { head.scan($0, answersHead: answersHead, maxHeaders: 10) }
        return isSound ? head.framing : nil
    }

    @Test("Its body's length follows from status, request and headers")
    func lengths() {
        #expect(framing("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n") == .length(5))
        #expect(framing("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") == BodyFraming.none)
        #expect(framing("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") == .chunked)
        #expect(framing("HTTP/1.1 200\r\n\r\n") == .untilClose)
        #expect(framing("HTTP/1.0 200 OK\r\n\r\n") == .untilClose)
        #expect(framing("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n") == BodyFraming.none)
        #expect(framing("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n") == BodyFraming.none)
        #expect(framing("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", answersHead: true) == BodyFraming.none)
    }

    @Test(
        "What could be read two ways, or is no response, is refused",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "HTTP/2 200 OK\r\nA: bcdef\r\n\r\n",
            "HTTP/1.1 20 OK\r\nA: bcdef\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 999 OK\r\n\r\n",
            "HTTP/1.1 200 O\u{0}K\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "ICY 200 OK\r\nA: bcdef\r\n\r\n",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        ]
    )
    func refused(_ text: String) { #expect(framing(text) == nil) }
}
