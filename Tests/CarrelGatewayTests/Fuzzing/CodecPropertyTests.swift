import CarrelTesting
import Foundation
import Testing

@testable import CarrelGateway

@Suite("The codec, for any bytes", .timeLimit(.minutes(2)))
struct CodecPropertyTests {
    /// Files of a folder of this suite's, by name.
    private static func files(_ folder: String) throws -> [(name: String, bytes: [UInt8])] {
        let folder = try #require(Bundle.module.resourceURL).appendingPathComponent(folder)
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { !$0.lastPathComponent.hasPrefix(".") && $0.pathExtension != "md" }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
            .map { ($0.lastPathComponent, Array(try Data(contentsOf: $0))) }
    }

    private func expectSound(_ input: [UInt8], _ what: @autoclosure () -> String) {
        let violations = CodecProperties.violations(of: input, reference: NIOReference.reference)
        if violations.isEmpty { return }
        let shown = String(decoding: input, as: UTF8.self).debugDescription
        Issue.record("\(what()): \(violations.joined(separator: " ")) \(shown)")
    }

    @Test("Whatever the fuzzer found stays mended, and what it kept is read as llhttp reads it")
    func replay() throws {
        let (seeds, crashes) = (try Self.files("Seeds"), try Self.files("Crashes"))
        #expect(seeds.count >= 10)
        for (name, bytes) in seeds + crashes { expectSound(bytes, name) }
    }

    @Test("Every case of the corpus is read as llhttp reads it, as far as it is accepted")
    func corpus() throws {
        // Those that are only too big add nothing here.
        for smuggling in try SmugglingCase.all() where smuggling.bytes.count < 8192 {
            expectSound(Array("Q".utf8) + smuggling.bytes, smuggling.name)
            if let answer = smuggling.upstreamBytes { expectSound(Array("R".utf8) + answer, smuggling.name) }
        }
    }

    @Test("Messages made of sound and broken pieces, and seeds with bytes changed, are read as llhttp reads them")
    func mutations() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("mutations of the codec's input: seed \(seed)")
        var random = SeededRandom(seed: seed)
        let seeds = try Self.files("Seeds").map(\.bytes) + SmugglingCase.all().map { Array("Q".utf8) + $0.bytes }
        let end = ContinuousClock.now + .seconds(4)
        var (tried, accepted) = (0, 0)
        while ContinuousClock.now < end {
            for _ in 0..<50 {
                let isNew = Int.random(in: 0..<3, using: &random) == 0
                let base = isNew ? RandomMessage.make(from: &random) : seeds.randomElement(using: &random) ?? []
                let input = base.count > 4096 ? base : RandomMessage.mutate(base, with: seeds, from: &random)
                tried += 1
                if input.first == UInt8(ascii: "Q") {
                    accepted += MessageReader.read(Array(input.dropFirst()), .requests).reading.messages.count
                }
                expectSound(input, "seed \(seed)")
            }
        }
        print("mutations of the codec's input: \(tried) tried, \(accepted) requests accepted")
        #expect(accepted > 0)
    }
}

/// Messages that are almost right.
enum RandomMessage {
    static func make(from random: inout SeededRandom) -> [UInt8] {
        var text = ""
        func pick(_ choices: [String]) -> String { choices[Int.random(in: 0..<choices.count, using: &random)] }
        let isRequest = Bool.random(using: &random)
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            text +=
                isRequest
                ? pick(["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"]) + " "
                    + pick(["/", "/a/b?c=d", "http://x/y", "HTTPS://x", "/w/ws-abcdefghijklmnop/", "/%2e%2e/", "/é"])
                    + pick([" HTTP/1.1\r\nHost: x\r\n", " HTTP/1.1\r\nHost: x\r\n", " HTTP/1.0\r\nHost: x\r\n"])
                : pick(["HTTP/1.1", "HTTP/1.0"])
                    + pick([" 200 OK\r\n", " 204 No\r\n", " 304 No\r\n", " 100 Go\r\n", " 103 \r\n", " 500\r\n"])
            for _ in 0..<Int.random(in: 0..<4, using: &random) { text += pick(lines) }
            text += "\r\n" + pick(["", "", "hello", "5\r\nhello\r\n0\r\n\r\n", "3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n"])
        }
        return Array(((isRequest ? "Q" : pick(["R", "R", "H"])) + text).utf8)
    }

    private static let lines = [
        "Accept: text/html\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "X-Empty:\r\n",
        "X-Spaces:  \t a b \t \r\n", "Cookie: a=b; c=d\r\n", "Connection: close\r\n", "Content-Length: 05\r\n",
        "Transfer-Encoding: CHUNKED\r\n", "X!#$%&'*+-.^_`|~: y\r\n", "Connection: keep-alive, X\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket\r\n", "Content_Length: 7\r\n", "Content-Length: 0\r\n",
    ]

    /// A few bytes changed, left out, doubled, or pieces of another put in.
    static func mutate(_ input: [UInt8], with others: [[UInt8]], from random: inout SeededRandom) -> [UInt8] {
        var bytes = input
        let special: [UInt8] = [0, 9, 10, 11, 13, 32, 34, 43, 44, 45, 48, 58, 59, 61, 92, 127, 160, 255]
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            guard bytes.count > 2 else { return bytes }
            let place = Int.random(in: 1..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.insert(special[Int.random(in: 0..<special.count, using: &random)], at: place)
            case 2: bytes.remove(at: place)
            case 3: bytes.removeSubrange(place..<min(bytes.count, place + 8))
            case 4:
                let end = min(bytes.count, place + Int.random(in: 1...40, using: &random))
                bytes.insert(contentsOf: bytes[place..<end], at: place)
            default:
                let other = others.randomElement(using: &random) ?? []
                guard other.count > 2, other.count < 4096 else { continue }
                let start = Int.random(in: 1..<other.count, using: &random)
                bytes.insert(contentsOf: other[start..<min(other.count, start + 40)], at: place)
            }
        }
        return bytes
    }
}
