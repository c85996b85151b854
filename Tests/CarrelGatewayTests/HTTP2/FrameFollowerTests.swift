import Testing

@testable import CarrelGateway

@Suite("Frames are followed by their headers, wherever their bytes are cut")
struct FrameFollowerTests {
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private static func frame(_ type: UInt8, flags: UInt8 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        [0, UInt8(payload.count >> 8), UInt8(payload.count & 255), type, flags, 0, 0, 0, 1] + payload
    }

    private func follow(_ bytes: [UInt8], inPiecesOf size: Int) -> (frames: [FrameFollower.Frame], inside: Bool) {
        var follower = FrameFollower()
        var frames: [FrameFollower.Frame] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { raw in
                follower.consume(raw) { frames.append($0) }
            }
        }
        return (frames, follower.isInsideHeaders)
    }

    @Test("Each is told once, with type, flags and length", arguments: [1, 2, 3, 5, 8, 13, 1000])
    func frames(size: Int) {
        let bytes =
            Self.preface + Self.frame(4) + Self.frame(1, flags: 5, [1, 2, 3])
            + Self.frame(0, [UInt8](repeating: 4, count: 700))
        let (frames, inside) = follow(bytes, inPiecesOf: size)
        #expect(
            frames == [
                .init(type: 4, flags: 0, length: 0), .init(type: 1, flags: 5, length: 3),
                .init(type: 0, flags: 0, length: 700),
            ]
        )
        #expect(!inside)
    }

    @Test("A block of headers lasts until its last frame's last byte", arguments: [1, 4, 1000])
    func headers(size: Int) {
        let begun = Self.preface + Self.frame(1, [1, 2])
        #expect(follow(begun, inPiecesOf: size).inside)
        let continued = begun + Self.frame(9, [3])
        #expect(follow(continued, inPiecesOf: size).inside)
        let ended = continued + Self.frame(9, flags: 4, [5, 6])
        #expect(follow(ended.dropLast(), inPiecesOf: size).inside)
        #expect(!follow(ended, inPiecesOf: size).inside)
        #expect(!follow(begun + Self.frame(9, flags: 4), inPiecesOf: size).inside)
    }

    private func follow(_ bytes: ArraySlice<UInt8>, inPiecesOf size: Int) -> (
        frames: [FrameFollower.Frame], inside: Bool
    ) { follow(Array(bytes), inPiecesOf: size) }
}
