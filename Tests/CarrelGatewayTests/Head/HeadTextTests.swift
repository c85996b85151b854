import NIOCore
import Testing

@testable import CarrelGateway

@Suite("A head that is being written")
struct HeadTextTests {
    @Test("It grows with what is written")
    func grows() {
        let text = HeadText()
        var expected: [UInt8] = []
        for number in 0..<3000 {
            text.append("ab")
            text.append(text: "\(number)")
            text.append([1, 2, 3])
            text.append(UInt8(ascii: "."))
            expected += Array("ab\(number)".utf8) + [1, 2, 3, UInt8(ascii: ".")]
        }
        #expect(Array(text.buffer().readableBytesView) == expected)
        text.removeAll()
        #expect(text.buffer().readableBytes == 0)
    }

    @Test("Memory that somebody still holds is left alone")
    func shares() {
        let text = HeadText()
        text.append("first")
        let held = text.buffer(room: 100)
        text.removeAll()
        text.append("second, longer")
        let next = text.buffer(room: 100, reusing: held)
        #expect(String(buffer: held) == "first")
        #expect(String(buffer: next) == "second, longer")
    }
}
