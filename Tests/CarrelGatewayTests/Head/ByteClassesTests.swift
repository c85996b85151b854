import Testing

@testable import CarrelGateway

@Suite("Classes of bytes")
struct ByteClassesTests {
    private let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

    @Test("Tokens are made of the grammar's bytes and of nothing else")
    func tokens() {
        let allowed = Set("!#$%&'*+-.^_`|~0123456789\(letters)".utf8)
        for byte in UInt8.min...UInt8.max { #expect(ByteClasses.isToken(byte) == allowed.contains(byte)) }
    }

    @Test("Hosts are made of the bytes of names, addresses and ports")
    func hosts() {
        let allowed = Set("-.:[]_0123456789\(letters)".utf8)
        for byte in UInt8.min...UInt8.max { #expect(ByteClasses.isHost(byte) == allowed.contains(byte)) }
    }

    /// Every byte at every place of the words that are looked at at once.
    @Test("Field content ends at the first byte that is none, wherever it is")
    func ends() {
        for length in [1, 7, 8, 9, 16, 23] {
            for place in 0..<length {
                for byte in UInt8.min...UInt8.max {
                    var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: length)
                    bytes[place] = byte
                    let end = bytes.withUnsafeBytes { ByteClasses.endOfFieldContent($0, from: 0) }
                    #expect(end == (ByteClasses.isFieldContent(byte) ? length : place))
                }
            }
        }
    }

    @Test("Field content goes on behind tabs and bytes above ASCII")
    func goesOn() {
        let bytes = Array("a\tb\t\tcdefghijkl\tmnopqrstuvwxyzäöü0123456\t\r\n".utf8)
        let end = bytes.withUnsafeBytes { ByteClasses.endOfFieldContent($0, from: 0) }
        #expect(end == bytes.count - 2)
    }
}
