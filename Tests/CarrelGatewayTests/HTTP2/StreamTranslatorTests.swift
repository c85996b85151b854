import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP2
import Testing

@testable import CarrelGateway

@Suite("One stream of HTTP/2 looks like a connection of HTTP/1.1 with one request")
struct StreamTranslatorTests {
    private typealias Frame = HTTP2Frame.FramePayload

    private static let put: HPACKHeaders = [":method": "PUT", ":scheme": "https", ":authority": "a", ":path": "/"]

    private func channel() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handler: StreamTranslator(scratch: ResponseHead()))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private func headers(_ headers: HPACKHeaders, ends: Bool = false) -> Frame {
        .headers(.init(headers: headers, endStream: ends))
    }

    private func data(_ text: String, ends: Bool = false) -> Frame {
        .data(.init(data: .byteBuffer(ByteBuffer(string: text)), endStream: ends))
    }

    /// What the handler behind it was given since the last time.
    private func request(_ channel: EmbeddedChannel) throws -> String {
        var text = ""
        while let buffer = try channel.readInbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
        return text
    }

    /// What was sent since the last time, in words.
    private func frames(_ channel: EmbeddedChannel) throws -> [String] {
        var words: [String] = []
        while let frame = try channel.readOutbound(as: Frame.self) {
            switch frame {
            case .headers(let headers):
                let status = headers.headers.first(name: ":status") ?? "trailers"
                words.append(status + (headers.endStream ? " end" : ""))
            case .data(let data):
                guard case .byteBuffer(let buffer) = data.data else { continue }
                words.append(String(buffer: buffer) + (data.endStream ? " end" : ""))
            case .rstStream(let code): words.append("reset \(code.networkCode)")
            default: words.append("?")
            }
        }
        return words
    }

    @Test("DATA becomes chunks where no length was said")
    func chunks() throws {
        let channel = try channel()
        try channel.writeInbound(headers(Self.put))
        try channel.writeInbound(data("hello"))
        try channel.writeInbound(data(String(repeating: "x", count: 5000)))
        try channel.writeInbound(data("", ends: true))
        let text = try request(channel)
        #expect(text.hasSuffix("\r\n\r\n5\r\nhello\r\n1388\r\n\(String(repeating: "x", count: 5000))\r\n0\r\n\r\n"))
    }

    @Test("DATA passes as it is where a length was said, and trailers are dropped there")
    func length() throws {
        let channel = try channel()
        var head = Self.put
        head.add(name: "content-length", value: "5")
        try channel.writeInbound(headers(head))
        try channel.writeInbound(data("hello"))
        try channel.writeInbound(headers(["x-digest": "1"], ends: true))
        #expect(try request(channel).hasSuffix("\r\n\r\nhello"))
    }

    @Test("Trailers end a body in chunks")
    func trailers() throws {
        let channel = try channel()
        try channel.writeInbound(headers(Self.put))
        try channel.writeInbound(data("a"))
        try channel.writeInbound(headers(["x-digest": "1"], ends: true))
        #expect(try request(channel).hasSuffix("1\r\na\r\n0\r\nx-digest: 1\r\n\r\n"))
    }

    @Test("What is malformed resets the stream, and nobody behind hears of it")
    func malformed() throws {
        let channel = try channel()
        try channel.writeInbound(headers([":method": "GET"], ends: true))
        #expect(try frames(channel) == ["reset 1"])
        #expect(try request(channel) == "")
    }

    @Test("A response's bytes become frames; the one that ends the stream is its last")
    func response() throws {
        let channel = try channel()
        try channel.writeInbound(headers(Self.put, ends: true))
        try channel.writeOutbound(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n"))
        try channel.writeOutbound(ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"))
        try channel.writeOutbound(ByteBuffer(string: "lo"))
        #expect(try frames(channel) == ["100", "200", "hel", "lo end"])
    }

    @Test("The end of the writing side ends a response that has no other end")
    func untilClose() throws {
        let channel = try channel()
        try channel.writeInbound(headers(Self.put, ends: true))
        try channel.writeOutbound(ByteBuffer(string: "HTTP/1.1 200 OK\r\n\r\nsome"))
        let closed = channel.close(mode: .output)
        #expect(try frames(channel) == ["200", "some", " end"])
        try closed.wait()
    }

    @Test("A response to a request that goes on is followed by a reset without error")
    func early() throws {
        let channel = try channel()
        try channel.writeInbound(headers(Self.put))
        try channel.writeOutbound(ByteBuffer(string: "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"))
        try channel.close(mode: .output).wait()
        #expect(try frames(channel) == ["403 end", "reset 0"])
    }

    @Test("A response that is cut off does not look complete")
    func cut() throws {
        let channel = try channel()
        try channel.writeInbound(headers(Self.put, ends: true))
        try channel.writeOutbound(ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"))
        try channel.close().wait()
        #expect(try frames(channel) == ["200", "he", "reset 2"])
    }

    @Test("Nothing is read on while the other side is not to be read")
    func backPressure() throws {
        let reads = ReadCounter()
        let channel = try channel()
        try channel.pipeline.syncOperations.addHandler(reads, position: .first)
        try channel.writeInbound(headers(Self.put))
        #expect(reads.count == 0, "the translator asks for nothing by itself")
        channel.read()
        #expect(reads.count == 1)
    }

    private final class ReadCounter: ChannelOutboundHandler {
        typealias OutboundIn = HTTP2Frame.FramePayload
        var count = 0

        func read(context: ChannelHandlerContext) {
            count += 1
            context.read()
        }
    }
}
