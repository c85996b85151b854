import CarrelTesting
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import CarrelGateway

@Suite("A request's head")
struct RequestHeadTests {
    private func refusal(_ text: String, maxHeaders: Int = 100) -> RequestHead.Refusal? {
        let head = RequestHead()
        var refusal: RequestHead.Refusal?
        Array(text.utf8).withUnsafeBytes { raw in
            do throws(RequestHead.Refusal) { try head.scan(raw, maxHeaders: maxHeaders) } catch { refusal = error }
        }
        return refusal
    }

    @Test("An ordinary head is read")
    func ordinary() {
        let text = "POST /a?b=c HTTP/1.1\r\nHost: x.test:80\r\nContent-Length: 12\r\nAccept: a/b, text/html\r\n\r\n"
        let head = RequestHead()
        Array(text.utf8).withUnsafeBytes { raw in
            #expect((try? head.scan(raw, maxHeaders: 10)) != nil)
            #expect(raw.text(head.path) == "/a")
            #expect(raw.text(head.target) == "/a?b=c")
            #expect(raw.text(head.host) == "x.test:80")
        }
        #expect(head.method == .post)
        #expect(head.framing == .length(12))
        #expect(head.acceptsHTML)
        #expect(head.keepsAlive)
    }

    static let ambiguous = [
        "Content-Length: 1\r\nTransfer-Encoding: chunked", "Content-Length: 1\r\nContent-Length: 1",
        "Content-Length: 1\r\nContent-Length: 2", "Content-Length: +1", "Content-Length: -1", "Content-Length: 0x1",
        "Content-Length: 1, 1", "Content-Length: ", "Content-Length: 1 1", "Content-Length: 9999999999999999999",
        "Transfer-Encoding: gzip", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked;a=b", "Transfer-Encoding: identity", "Transfer-Encoding:",
        "Transfer-Encoding: \"chunked\"",
    ]

    @Test("A body whose length two readers could read differently is refused", arguments: ambiguous)
    func ambiguousFraming(_ header: String) {
        #expect(refusal("POST / HTTP/1.1\r\nHost: x\r\n\(header)\r\n\r\n") == .ambiguousFraming)
    }

    static let malformedHeads = [
        "GET / HTTP/1.1\r\nHost : x\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nA: b\u{0}\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nA: b\u{1}\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: b\u{7F}\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nnothing\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nA\u{0}: b\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1 \r\nHost: x\r\n\r\n", "GET /\r\nHost: x\r\n\r\n",
        "GET / http/1.1\r\nHost: x\r\n\r\n", "G(T / HTTP/1.1\r\nHost: x\r\n\r\n", " GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /\t HTTP/1.1\r\nHost: x\r\n\r\n", "GET /é HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nConnection: Host\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nConnection: close, Content-Length\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nOrigin: http://a\r\nOrigin: http://b\r\n\r\n",
    ]

    @Test("A head that breaks the grammar is refused", arguments: malformedHeads)
    func malformedHead(_ text: String) { #expect(refusal(text) == .malformed) }

    @Test(
        "A missing, empty, repeated or strange Host is refused",
        arguments: [
            "", "Host:\r\n", "Host: a\r\nHost: a\r\n", "Host: a/b\r\n", "Host: a@b\r\n", "Host: a b\r\n", "Host: é\r\n",
        ]
    )
    func badHost(_ lines: String) { #expect(refusal("GET / HTTP/1.1\r\n\(lines)\r\n") == .badHost) }

    @Test(
        "Targets that lead nowhere are refused",
        arguments: ["*", "host:80", "a/b", "ftp://x/", "http://", "http://x@y/", "/a#b", "/a\\b", "http:/x"]
    )
    func badTarget(_ target: String) {
        #expect(refusal("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n") == .badTarget)
    }

    @Test("An absolute target must name the Host, and its path counts")
    func absolute() {
        #expect(refusal("GET http://X/w?q HTTP/1.1\r\nHost: x\r\n\r\n") == nil)
        #expect(refusal("GET http://y/w HTTP/1.1\r\nHost: x\r\n\r\n") == .badHost)
    }

    @Test("CONNECT, TRACE, other versions and too many headers are refused")
    func refused() {
        #expect(refusal("CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n") == .method)
        #expect(refusal("TRACE / HTTP/1.1\r\nHost: x\r\n\r\n") == .method)
        #expect(refusal("GET / HTTP/1.2\r\nHost: x\r\n\r\n") == .version)
        #expect(refusal("PRI * HTTP/2.0\r\n\r\n") == .version)
        #expect(refusal("GET / HTTP/1.1\r\nHost: x\r\nA: b\r\nC: d\r\n\r\n", maxHeaders: 2) == .tooManyHeaders)
        #expect(refusal("POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n") == .ambiguousFraming)
        #expect(refusal("GET / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n") == .expectation)
    }

    @Test("A head's end is found however it is split, and a bare line feed at once")
    func ends() {
        let text = Array("GET / HTTP/1.1\r\nHost: x\r\n\r\nrest".utf8)
        var end = HeadEnd()
        for count in 0...text.count {
            let found = text[..<count].withUnsafeBytes { end.find(in: $0) }
            if count == 27 {
                #expect(found == .complete(27))
                break
            }
            #expect(found == .incomplete)
        }
        for bad in ["GET / HTTP/1.1\n", "GET / HTTP/1.1\r\nA: b\n\n", "\n"] {
            var end = HeadEnd()
            #expect(Array(bad.utf8).withUnsafeBytes { end.find(in: $0) } == .bareLineFeed)
        }
    }

    /// NIOHTTP1 leaves the blanks behind a value.
    private func trimmed(_ value: String) -> String {
        let bytes = Array(value.utf8)
        return bytes.withUnsafeBytes { $0.text($0.trimmed(0..<$0.count)) }
    }

    @Test("Whatever is accepted, llhttp reads the same way")
    func differential() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed: seed)
        var accepted = 0
        for _ in 0..<3000 {
            let text = RandomHead.make(from: &random)
            let head = RequestHead()
            let ours: (uri: String, headers: [String], framing: BodyFraming)? = text.withUnsafeBytes { raw in
                var end = HeadEnd()
                guard case .complete(raw.count) = end.find(in: raw) else { return nil }
                // Methods that llhttp does not know are passed over.
                guard (try? head.scan(raw, maxHeaders: 100)) != nil, head.method != .other else { return nil }
                let headers = head.fields.map { "\(raw.text($0.name)): \(raw.text($0.value))" }
                return (raw.text(head.target), headers, head.framing)
            }
            guard let ours else { continue }
            accepted += 1
            let shown = String(decoding: text, as: UTF8.self)
            let channel = EmbeddedChannel()
            try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
            do { try channel.writeInbound(ByteBuffer(bytes: text)) } catch {
                Issue.record("llhttp refuses (seed \(seed)): \(shown.debugDescription): \(error)")
                continue
            }
            guard case .head(let theirs)? = try channel.readInbound(as: HTTPServerRequestPart.self) else {
                Issue.record("llhttp has no head (seed \(seed)): \(shown.debugDescription)")
                continue
            }
            #expect(theirs.uri.hasSuffix(ours.uri), "seed \(seed)")
            #expect(theirs.headers.map { "\($0.name): \(trimmed($0.value))" } == ours.headers, "seed \(seed)")
            let length = theirs.headers.first(name: "content-length").flatMap { Int64($0) } ?? 0
            let framing: BodyFraming =
                theirs.headers.contains(name: "transfer-encoding") ? .chunked : length > 0 ? .length(length) : .none
            #expect(ours.framing == framing, "seed \(seed)")
            _ = try? channel.finish(acceptAlreadyClosed: true)
        }
        #expect(accepted > 300, "seed \(seed)")
    }
}

/// Heads that are almost right: sound pieces, now and then a byte changed.
enum RandomHead {
    static func make(from random: inout SeededRandom) -> [UInt8] {
        func pick(_ choices: [String]) -> String { choices[Int.random(in: 0..<choices.count, using: &random)] }
        var text = pick(["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"]) + " "
        text +=
            pick(["/", "/a/b?c=d", "http://x/y", "/w/ws-abcdefghijklmnop/", "/%2e%2e/"]) + " HTTP/1.1\r\nHost: x\r\n"
        for _ in 0..<Int.random(in: 0..<5, using: &random) {
            text += pick([
                "Accept: text/html\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "X-Empty:\r\n",
                "X-Spaces:  \t a b \t \r\n", "Cookie: a=b; c=d\r\n", "Connection: close\r\n", "Content-Length: 05\r\n",
                "Transfer-Encoding: CHUNKED\r\n", "X!#$%&'*+-.^_`|~: y\r\n", "Connection: keep-alive, X\r\n",
            ])
        }
        var bytes = Array((text + "\r\n").utf8)
        if Int.random(in: 0..<3, using: &random) == 0 {
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        return bytes
    }
}
