import CarrelTesting
import Testing

@testable import CarrelGateway

@Suite("A chunked body")
struct ChunkedFramingTests {
    private func outcome(_ text: String, step: Int) -> ChunkedFraming.Progress {
        let bytes = Array(text.utf8)
        var framing = ChunkedFraming()
        var index = 0
        while index < bytes.count {
            let end = min(index + step, bytes.count)
            switch bytes[index..<end].withUnsafeBytes({ framing.consume($0) }) {
            case .more: index = end
            case .finished(let count): return .finished(index + count)
            case .malformed: return .malformed
            }
        }
        return .more
    }

    @Test("It ends where it ends, however it is split", arguments: [1, 2, 3, 7, 1000])
    func ends(step: Int) {
        let body = "5\r\nhello\r\n1a;name=\"v\"\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nX-Sum: 1\r\n\r\n"
        #expect(outcome(body + "GET /", step: step) == .finished(body.utf8.count))
        #expect(outcome("0\r\n\r\n", step: step) == .finished(5))
        #expect(outcome("5\r\nhel", step: step) == .more)
    }

    static let malformedBodies = [
        "\r\n", "g\r\n", "0x5\r\nhello\r\n", "5 \r\nhello\r\n", " 5\r\n", "+5\r\n", "-5\r\n", "5\nhello", "5\rhello",
        "5\r\nhelloX\r\n", "5\r\nhello\n", "5;a\nb\r\n", "5;\u{0}\r\n", "1111111111111111\r\n", "0\r\n bad: x\r\n\r\n",
        "0\r\nContent-Length: 5\r\n\r\n", "0\r\nTransfer-Encoding: chunked\r\n\r\n", "0\r\nHost: x\r\n\r\n",
        "0\r\nX-Carrel-User: u-x\r\n\r\n", "0\r\nx_carrel_user: u-x\r\n\r\n", "0\r\nCookie: a=b\r\n\r\n",
        "0\r\nno colon\r\n\r\n", "0\r\nA: b\n\r\n", "5;" + String(repeating: "x", count: 300) + "\r\n",
        "0\r\nA: " + String(repeating: "x", count: 9000) + "\r\n\r\n",
    ]

    @Test("Sizes, extensions and trailers that readers disagree about are refused", arguments: malformedBodies)
    func malformed(_ text: String) {
        #expect(outcome(text, step: 1) == .malformed)
        #expect(outcome(text, step: 1000) == .malformed)
    }
}
