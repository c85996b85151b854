import NIOCore
import NIOHPACK
import Testing

@testable import CarrelGateway

@Suite("A request of HTTP/2 becomes the head of HTTP/1.1 that says the same")
struct RequestTranslationTests {
    private static let ordinary: HPACKHeaders = [
        ":method": "GET", ":scheme": "https", ":authority": "work.test", ":path": "/w/a?b=c",
    ]

    private func text(_ headers: HPACKHeaders, endsStream: Bool = true) throws -> String {
        String(buffer: try RequestTranslation(headers, endsStream: endsStream).head)
    }

    private func with(_ more: KeyValuePairs<String, String>) -> HPACKHeaders {
        var headers = Self.ordinary
        for (name, value) in more { headers.add(name: name, value: value) }
        return headers
    }

    @Test("Pseudo fields become the request line and one Host; pieces of cookies become one line; TE is left out")
    func head() throws {
        let headers = with(["cookie": "a=1", "x-own": "kept", "te": "trailers", "cookie": "b=2", "host": "WORK.test"])
        #expect(
            try text(headers)
                == "GET /w/a?b=c HTTP/1.1\r\nx-own: kept\r\nhost: work.test\r\ncookie: a=1; b=2\r\n\r\n"
        )
    }

    @Test("Without :authority the host field stands in its place")
    func host() throws {
        let headers: HPACKHeaders = [":method": "GET", ":scheme": "http", ":path": "/", "host": "a.test:8080"]
        #expect(try text(headers) == "GET / HTTP/1.1\r\nhost: a.test:8080\r\n\r\n")
    }

    @Test("A body is framed by its length if that is said, else by chunks")
    func framing() throws {
        #expect(try RequestTranslation(with(["content-length": "5"]), endsStream: false).body == .length)
        let chunked = try RequestTranslation(Self.ordinary, endsStream: false)
        #expect(chunked.body == .chunked)
        #expect(String(buffer: chunked.head).contains("transfer-encoding: chunked\r\n"))
        #expect(try RequestTranslation(Self.ordinary, endsStream: true).body == .none)
    }

    @Test("A method that usually has a body says that this one has none", arguments: ["POST", "PUT", "PATCH"])
    func emptyBody(method: String) throws {
        let headers: HPACKHeaders = [":method": method, ":scheme": "https", ":authority": "a", ":path": "/"]
        #expect(try text(headers) == "\(method) / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n")
    }

    @Test("HEAD is known, and CONNECT is left to be refused by its name")
    func methods() throws {
        let head: HPACKHeaders = [":method": "HEAD", ":scheme": "https", ":authority": "a", ":path": "/"]
        #expect(try RequestTranslation(head, endsStream: true).isHead)
        let connect = try text([":method": "CONNECT", ":authority": "a.test:443"])
        #expect(connect.hasPrefix("CONNECT / HTTP/1.1\r\n"))
    }

    @Test(
        "Whatever two readers could read differently is malformed",
        arguments: [
            ["connection": "close"], ["keep-alive": "1"], ["proxy-connection": "close"],
            ["transfer-encoding": "chunked"], ["upgrade": "websocket"], ["te": "gzip"], ["host": "other.test"],
            ["host": "work.test", "x": "1", "Host": "work.test"], ["X-Upper": "1"], ["": "1"], ["x a": "1"],
            ["x:a": "1"], ["x-a": "1\r\nx-b: 2"], ["x-a": "1\n"], ["x-a": "\0"], [":path": "/other"],
            [":method": "POST"], [":status": "200"], [":protocol": "websocket"], ["cookie": "a\r\nb"],
        ] as [KeyValuePairs<String, String>]
    )
    func malformed(more: KeyValuePairs<String, String>) {
        #expect(throws: RequestTranslation.Malformed.self) { try text(with(more)) }
    }

    @Test(
        "Pseudo fields are there once, first, and sound",
        arguments: [
            [":scheme": "https", ":authority": "a", ":path": "/"],
            [":method": "GET", ":authority": "a", ":path": "/"],
            [":method": "GET", ":scheme": "https", ":authority": "a"],
            [":method": "GET", ":scheme": "https", ":path": "/"],
            [":method": "GET", ":scheme": "ftp", ":authority": "a", ":path": "/"],
            [":method": "GET /x", ":scheme": "https", ":authority": "a", ":path": "/"],
            [":method": "GET", ":scheme": "https", ":authority": "u@a", ":path": "/"],
            [":method": "GET", ":scheme": "https", ":authority": "a b", ":path": "/"],
            [":method": "GET", ":scheme": "https", ":authority": "a", ":path": "https://b/"],
            [":method": "GET", ":scheme": "https", ":authority": "a", ":path": "*"],
            [":method": "GET", ":scheme": "https", ":authority": "a", ":path": "/ HTTP/1.1"],
            [":method": "GET", ":scheme": "https", ":authority": "a", ":path": "/\u{e9}"],
            [":method": "GET", ":scheme": "https", "x": "1", ":authority": "a", ":path": "/"],
            [":method": "CONNECT", ":scheme": "https", ":authority": "a", ":path": "/"],
            [":method": "CONNECT", ":scheme": "https", ":authority": "a"],
        ] as [HPACKHeaders]
    )
    func pseudo(headers: HPACKHeaders) {
        #expect(throws: RequestTranslation.Malformed.self) { try text(headers) }
    }

    @Test("What is accepted is read by the codec of HTTP/1.1 with the same method, path, host and framing")
    func agrees() throws {
        let translation = try RequestTranslation(with(["x-a": " b ", "content-length": "7"]), endsStream: false)
        let head = RequestHead()
        try translation.head.withUnsafeReadableBytes { raw in
            try head.scan(raw, maxHeaders: 100)
            #expect(raw.text(head.path) == "/w/a")
            #expect(raw.text(head.host) == "work.test")
        }
        #expect(head.method == .get)
        #expect(head.framing == .length(7))
        #expect(head.upgrade == nil)
    }

    @Test("A value whose bytes were lost, for they were no UTF-8, is refused by the codec; others keep their bytes")
    func lostBytes() throws {
        func isAccepted(_ more: KeyValuePairs<String, String>) throws -> Bool {
            try RequestTranslation(with(more), endsStream: true).head.withUnsafeReadableBytes { raw in
                do { try RequestHead().scan(raw, maxHeaders: 100) } catch { return false }
                return true
            }
        }
        for lost in ["\u{FFFD}", "caf\u{FFFD}", "\u{FFFD}\u{FFFD}x", "\u{EF}\u{FFFD}"] {
            #expect(try !isAccepted(["x-name": lost]))
            #expect(try !isAccepted(["cookie": "a=\(lost)"]))
            #expect(throws: RequestTranslation.Malformed.self) { try RequestTranslation.end(of: ["x-a": lost]) }
        }
        for kept in ["caf\u{e9}", "\u{FFFC}", "\u{FFEE}", "\u{F000}", "\u{EF}", "\u{1F600}"] {
            #expect(try isAccepted(["x-name": kept]), "\(kept)")
            #expect(try text(with(["x-name": kept])).contains("x-name: \(kept)\r\n"))
        }
    }

    @Test("Trailers end a chunked body; one with a line break or a pseudo field is malformed")
    func trailers() throws {
        #expect(String(buffer: try RequestTranslation.end(of: nil)) == "0\r\n\r\n")
        #expect(String(buffer: try RequestTranslation.end(of: ["x-a": "1"])) == "0\r\nx-a: 1\r\n\r\n")
        for trailers: HPACKHeaders in [["x-a": "1\r\n"], [":path": "/"], ["": "1"], ["x a": "1"], ["X-A": "1"]] {
            #expect(throws: RequestTranslation.Malformed.self) { try RequestTranslation.end(of: trailers) }
        }
    }
}
