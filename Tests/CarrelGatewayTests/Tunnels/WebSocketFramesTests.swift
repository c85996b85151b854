import CarrelTesting
import Testing

@testable import CarrelGateway

@Suite("Following WebSocket frames")
struct WebSocketFramesTests {
    /// A frame's bytes, masked or not, with a payload of ones.
    private func frame(_ opcode: UInt8, _ length: Int, masked: Bool) -> [UInt8] {
        let mask: UInt8 = masked ? 0x80 : 0
        var bytes: [UInt8] = [0x80 | opcode]
        switch length {
        case 0..<126: bytes += [mask | UInt8(length)]
        case 126..<65536: bytes += [mask | 126, UInt8(length >> 8), UInt8(length & 255)]
        default: bytes += [mask | 127] + (0..<8).map { UInt8(truncatingIfNeeded: length >> ((7 - $0) * 8)) }
        }
        return bytes + (masked ? [1, 2, 3, 4] : []) + [UInt8](repeating: 1, count: length)
    }

    @Test("Data frames are found and frames' ends known, however the bytes are split")
    func splits() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed: seed)
        for _ in 0..<200 {
            var bytes: [UInt8] = []
            var data = 0
            for _ in 0..<Int.random(in: 1..<8, using: &random) {
                let opcode = ([0, 1, 2, 8, 9, 10] as [UInt8]).randomElement(using: &random) ?? 1
                let length = [0, 1, 125, 126, 200, 65535, 65536].randomElement(using: &random) ?? 0
                bytes += frame(opcode, length, masked: Bool.random(using: &random))
                data += opcode <= 2 ? 1 : 0
            }
            var frames = WebSocketFrames()
            var found = 0
            var index = 0
            while index < bytes.count {
                // One byte at a time around the headers would be slow over whole payloads: sizes vary instead.
                let step = Int.random(in: 1...(Bool.random(using: &random) ? 3 : 20_000), using: &random)
                let end = min(bytes.count, index + step)
                if bytes[index..<end].withUnsafeBytes({ frames.consume($0) }) { found += 1 }
                index = end
            }
            #expect(frames.isAtBoundary, "seed \(seed)")
            #expect((found > 0) == (data > 0), "seed \(seed)")
            #expect(found <= data, "seed \(seed)")
            _ = bytes.dropLast().withUnsafeBytes { frames.consume($0) }
            #expect(!frames.isAtBoundary || bytes.count < 2, "seed \(seed)")
        }
    }
}
