import CarrelTesting
import Testing

@testable import CarrelGateway

@Suite("Following WebSocket frames")
struct WebSocketFramesTests {
    /// One frame as it is known to whoever made it.
    private struct Frame {
        var bytes: [UInt8]
        var headerLength: Int
        var isData: Bool

        init(_ first: UInt8, _ length: Int, masked: Bool, lengthOf width: Int? = nil) {
            let mask: UInt8 = masked ? 0x80 : 0
            var header: [UInt8] = [first]
            switch width ?? (length < 126 ? 1 : length < 65536 ? 2 : 8) {
            case 1: header += [mask | UInt8(length)]
            case 2: header += [mask | 126, UInt8(length >> 8), UInt8(length & 255)]
            default: header += [mask | 127] + (0..<8).map { UInt8(truncatingIfNeeded: length >> ((7 - $0) * 8)) }
            }
            header += masked ? [0x81, 0x02, 0xFF, 0x00] : []
            headerLength = header.count
            // Payloads that look like frames themselves.
            bytes = header + (0..<length).map { $0 % 3 == 0 ? 0x81 : 0x7F }
            isData = first & 0x0F <= 2
        }
    }

    /// What a peer may send: messages in one or several frames, control frames between those, lengths around every edge.
    private func conversation(_ random: inout SeededRandom) -> [Frame] {
        var frames: [Frame] = []
        let masked = Bool.random(using: &random)
        func control() {
            let opcode = ([8, 9, 10] as [UInt8]).randomElement(using: &random) ?? 9
            frames.append(Frame(0x80 | opcode, Int.random(in: 0...125, using: &random), masked: masked))
        }
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            if Bool.random(using: &random) { control() }
            let parts = Int.random(in: 1...4, using: &random)
            for part in 0..<parts {
                let opcode: UInt8 = part > 0 ? 0 : Bool.random(using: &random) ? 1 : 2
                let reserved: UInt8 = part == 0 && Bool.random(using: &random) ? 0x40 : 0
                let length =
                    [0, 1, 2, 124, 125, 126, 127, 128, 255, 256, 65_534, 65_535, 65_536, 70_000]
                    .randomElement(using: &random) ?? 0
                // Some write short lengths in the long way.
                let width: Int? = length < 126 && Int.random(in: 0..<5, using: &random) == 0 ? 8 : nil
                let final: UInt8 = part == parts - 1 ? 0x80 : 0
                frames.append(Frame(final | reserved | opcode, length, masked: masked, lengthOf: width))
                if part < parts - 1, Bool.random(using: &random) { control() }
            }
        }
        return frames
    }

    @Test("Data frames are found where they begin and ends known where they are, however the bytes are split")
    func splits() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed: seed)
        for round in 0..<25 {
            let frames = conversation(&random)
            let bytes = frames.flatMap(\.bytes)
            var ends: Set<Int> = [0]
            var begins: Set<Int> = []
            var position = 0
            for frame in frames {
                if frame.isData { begins.insert(position) }
                position += frame.bytes.count
                ends.insert(position)
            }
            var follower = WebSocketFrames()
            var index = 0
            while index < bytes.count {
                let most = [1, 2, 14, 1_000, 100_000].randomElement(using: &random) ?? 1
                let end = min(bytes.count, index + Int.random(in: 1...most, using: &random))
                let found = bytes[index..<end].withUnsafeBytes { follower.consume($0) }
                let expected = begins.contains { (index..<end).contains($0) }
                guard found == expected, follower.isAtBoundary == ends.contains(end) else {
                    Issue.record("seed \(seed), round \(round), bytes \(index)..<\(end)")
                    return
                }
                index = end
            }
        }
    }

    @Test("A split at every single byte of every header changes nothing")
    func everyByte() {
        for (first, length, width) in [(0x81, 5, 1), (0x82, 126, 2), (0x00, 65_536, 8), (0x89, 125, 1)] {
            let frame = Frame(UInt8(first), length, masked: true, lengthOf: width)
            for split in 1..<(frame.headerLength + 2) {
                var follower = WebSocketFrames()
                let before = frame.bytes[..<split].withUnsafeBytes { follower.consume($0) }
                #expect(before == frame.isData && !follower.isAtBoundary)
                let after = frame.bytes[split...].withUnsafeBytes { follower.consume($0) }
                #expect(!after && follower.isAtBoundary)
            }
        }
    }

    @Test("Lengths beyond all sense are counted down, not believed", arguments: [0x7F, 0x80, 0xFF] as [UInt8])
    func senselessLength(first: UInt8) {
        var follower = WebSocketFrames()
        let header: [UInt8] = [0x82, 0xFF, first] + [UInt8](repeating: 0xFF, count: 7) + [1, 2, 3, 4]
        #expect(header.withUnsafeBytes { follower.consume($0) })
        let block = [UInt8](repeating: 0x81, count: 100_000)
        for _ in 0..<10 { #expect(!block.withUnsafeBytes { follower.consume($0) }) }
        #expect(!follower.isAtBoundary)
    }

    @Test("Whatever bytes come are followed to their end")
    func garbage() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed: seed)
        for _ in 0..<300 {
            let bytes = (0..<Int.random(in: 1...400, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            var (whole, pieces) = (WebSocketFrames(), WebSocketFrames())
            let atOnce = bytes.withUnsafeBytes { whole.consume($0) }
            var oneByOne = false
            for index in bytes.indices {
                if bytes[index...index].withUnsafeBytes({ pieces.consume($0) }) { oneByOne = true }
            }
            #expect(atOnce == oneByOne && whole.isAtBoundary == pieces.isAtBoundary, "seed \(seed)")
        }
    }
}
