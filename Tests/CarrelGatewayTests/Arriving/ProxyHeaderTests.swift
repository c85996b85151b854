import NIOCore
import Testing

@testable import CarrelGateway

@Suite("The PROXY protocol's header, version 2")
struct ProxyHeaderTests {
    private func header(_ command: UInt8, _ family: UInt8, _ body: [UInt8]) -> ByteBuffer {
        ByteBuffer(
            bytes: ProxyHeader.signature + [command, family, UInt8(body.count >> 8), UInt8(body.count & 255)] + body
        )
    }

    private static let four: [UInt8] = [203, 0, 113, 9, 192, 0, 2, 1, 1, 1, 0, 80]
    private static let six: [UInt8] =
        [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [9] + [UInt8](repeating: 0, count: 20)

    @Test("Tells the address that the connection came from")
    func addresses() {
        #expect(ProxyHeader.read(header(0x21, 0x11, Self.four)) == .complete(address: "203.0.113.9", length: 28))
        #expect(ProxyHeader.read(header(0x21, 0x21, Self.six)) == .complete(address: "2001:db8::9", length: 52))
    }

    @Test("What comes after the addresses, and after the header, is passed over and left")
    func further() {
        var buffer = header(0x21, 0x11, Self.four + [4, 0, 1, 7])
        buffer.writeString("GET /")
        #expect(ProxyHeader.read(buffer) == .complete(address: "203.0.113.9", length: 32))
    }

    @Test("A check of the balancer's own, an unknown family and a unix socket tell no address")
    func none() {
        #expect(ProxyHeader.read(header(0x20, 0x11, Self.four)) == .complete(address: nil, length: 28))
        #expect(ProxyHeader.read(header(0x20, 0x00, [])) == .complete(address: nil, length: 16))
        #expect(ProxyHeader.read(header(0x21, 0x00, [1, 2])) == .complete(address: nil, length: 18))
        let unix = [UInt8](repeating: 0, count: 216)
        #expect(ProxyHeader.read(header(0x21, 0x31, unix)) == .complete(address: nil, length: 232))
    }

    @Test("Incomplete until its last byte, whatever is missing", arguments: 0..<28)
    func incomplete(count: Int) {
        let whole = header(0x21, 0x11, Self.four)
        #expect(whole.getSlice(at: 0, length: count).map(ProxyHeader.read) == .incomplete)
    }

    @Test("Refused as soon as it can be known to be none")
    func malformed() {
        for start in ["GET / HTTP/1.1\r\n", "PROXY TCP4 1.2.3.4", "\r\n\r\n\0\r\nQUIT\r", "\r\nX"] {
            #expect(ProxyHeader.read(ByteBuffer(string: start)) == .malformed)
        }
        for (command, family) in [(0x11, 0x11), (0x31, 0x11), (0x22, 0x11), (0x21, 0x12), (0x21, 0x41)] {
            #expect(ProxyHeader.read(header(UInt8(command), UInt8(family), Self.four)) == .malformed)
        }
        #expect(ProxyHeader.read(header(0x21, 0x11, Array(Self.four.dropLast()))) == .malformed)
        #expect(ProxyHeader.read(header(0x21, 0x21, Self.four)) == .malformed)
        let long = ByteBuffer(bytes: ProxyHeader.signature + [0x21, 0x11, 0x10, 0x00])
        #expect(ProxyHeader.read(long) == .malformed)
    }
}
