import NIOCore
import NIOHPACK
import Testing

@testable import CarrelGateway

@Suite("A response of HTTP/1.1 becomes frames of HTTP/2, however its bytes come")
struct ResponseTranslationTests {
    /// What comes out, in words, when the bytes come in pieces of that size.
    private func parts(_ text: String, inPiecesOf size: Int = .max, answersHead: Bool = false) -> [String] {
        var translation = ResponseTranslation()
        translation.answersHead = answersHead
        let scratch = ResponseHead()
        var words: [String] = []
        var rest = ByteBuffer(string: text)
        while let piece = rest.readSlice(length: min(size, rest.readableBytes)), piece.readableBytes > 0 {
            translation.take(piece, scratch: scratch) { part in
                switch part {
                case .interim(let headers): words.append("interim \(headers.first(name: ":status") ?? "")")
                case .head(let headers, let ends): words.append(Self.words(headers) + (ends ? " end" : ""))
                case .data(let data, let ends): words.append(String(buffer: data) + (ends ? " end" : ""))
                case .trailers(let headers): words.append(Self.words(headers) + " end")
                case .broken: words.append("broken")
                }
            }
        }
        return words
    }

    private static func words(_ headers: HPACKHeaders) -> String {
        headers.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    }

    @Test("Names are in lower case, and what is meant for one connection of HTTP/1.1 is left out")
    func head() {
        let text =
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nKeep-Alive: 1\r\nSet-Cookie: a=b\r\n"
            + "Content-Length: 2\r\n\r\nhi"
        #expect(parts(text) == [":status=200 content-type=text/plain set-cookie=a=b content-length=2", "hi end"])
    }

    @Test("A value in ISO 8859-1 reaches the browser as the same characters, and one in UTF-8 as the same bytes")
    func latin() throws {
        func value(_ bytes: [UInt8]) throws -> String? {
            var translation = ResponseTranslation()
            var head = ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Name: ")
            head.writeBytes(bytes + Array("\r\n\r\n".utf8))
            var found: String?
            translation.take(head, scratch: ResponseHead()) { part in
                if case .head(let headers, _) = part { found = headers.first(name: "x-name") }
            }
            return found
        }
        #expect(try value([0x63, 0x61, 0x66, 0xE9]) == "caf\u{e9}")
        #expect(try value(Array("caf\u{e9} \u{1F600}".utf8)) == "caf\u{e9} \u{1F600}")
        #expect(try value([0xC3, 0x28]) == "\u{c3}(")
        #expect(try value(Array(128...255)) == String(String.UnicodeScalarView((128...255).map { Unicode.Scalar($0) })))
    }

    @Test("Secrets are never put into the table of what was said before")
    func secrets() throws {
        var translation = ResponseTranslation()
        let text = ByteBuffer(string: "HTTP/1.1 303 See Other\r\nSet-Cookie: s=1\r\nContent-Length: 0\r\n\r\n")
        var indexing: [String: HPACKIndexing] = [:]
        translation.take(text, scratch: ResponseHead()) { part in
            if case .head(let headers, _) = part {
                for (name, _, how) in headers { indexing[name] = how }
            }
        }
        #expect(indexing["set-cookie"] == .neverIndexed)
        #expect(indexing["content-length"] == .nonIndexable)
    }

    @Test("A chunked body loses its chunks, and its last piece says so, wherever it is cut", arguments: 1...60)
    func chunked(size: Int) {
        let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"
        let parts = parts(text, inPiecesOf: size)
        #expect(parts.first == ":status=200")
        #expect(parts.dropFirst().joined().replacing(" end", with: "") == "abc0123456789")
        #expect(parts.last?.hasSuffix(" end") == true)
        #expect(parts.filter { $0.hasSuffix(" end") }.count == 1)
    }

    @Test("In one piece, the last data carries the end")
    func lastData() {
        let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        #expect(parts(text) == [":status=200", "abc", "de end"])
    }

    @Test("Trailers end the stream", arguments: [1, 7, Int.max])
    func trailers(size: Int) {
        let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Digest: 7\r\n\r\n"
        #expect(parts(text, inPiecesOf: size) == [":status=200", "a", "x-digest=7 end"])
    }

    @Test("A length is counted, wherever it is cut", arguments: [1, 2, 5, 41, 100])
    func length(size: Int) {
        let parts = parts("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", inPiecesOf: size)
        #expect(parts.dropFirst().joined() == "hello end")
    }

    @Test("Without a body the head ends the stream", arguments: ["204 No Content", "304 Not Modified"])
    func noBody(status: String) {
        #expect(parts("HTTP/1.1 \(status)\r\n\r\n").allSatisfy { $0.hasSuffix(" end") })
        #expect(parts("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", answersHead: true).count == 1)
    }

    @Test("Interim responses come before the final one")
    func interim() {
        let text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
        #expect(
            parts(text + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", inPiecesOf: 10)
                == ["interim 100", "interim 103", ":status=200 content-length=0 end"]
        )
    }

    @Test("A body until the connection's end ends with it")
    func untilClose() {
        var translation = ResponseTranslation()
        let text = ByteBuffer(string: "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nsome")
        translation.take(text, scratch: ResponseHead()) { _ in }
        #expect(translation.endsWithConnection)
        #expect(!translation.hasEnded)
        translation.close()
        #expect(translation.hasEnded)
    }

    @Test(
        "What is no response is broken, and nothing follows",
        arguments: [
            "HTTP/1.1 101 Switching Protocols\r\n\r\n", "HTTP/1.1 200 OK\r\nbad line\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
        ]
    )
    func broken(text: String) { #expect(parts(text + "more\r\n").last == "broken") }
}
