import CarrelGateway
import Foundation
import Testing

/// One file of the corpus; its README describes the format.
struct SmugglingCase: Sendable, CustomTestStringConvertible {
    enum Ending: String { case closed, open, tunnel }

    struct Malformed: Error { let file, line: String }

    let name: String
    var title = ""
    var bytes: [UInt8] = []
    var upstreamBytes: [UInt8]?
    var statuses: [Int] = []
    var ending = Ending.closed
    var workspace: [UInt8] = []
    var hub: [UInt8] = []
    var isCutOff = false
    var limits = GatewayConfiguration.Limits()

    var testDescription: String { "\(name): \(title)" }

    private static let loaded = Result { try load() }

    static func all() throws -> [SmugglingCase] { try loaded.get() }

    private static func load() throws -> [SmugglingCase] {
        let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Corpus")
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "case" }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
            .map { try SmugglingCase($0.lastPathComponent, String(contentsOf: $0, encoding: .utf8)) }
    }

    init(_ name: String, _ text: String) throws {
        self.name = name
        for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
            func rest(_ prefix: String) -> String? {
                line.hasPrefix(prefix) ? String(line.dropFirst(prefix.count)) : nil
            }
            if let comment = rest("# ") {
                if title.isEmpty { title = comment }
            } else if let sent = rest("> ") {
                bytes += try Self.expand(sent)
            } else if let answer = rest("answer> ") {
                upstreamBytes = try (upstreamBytes ?? []) + Self.expand(answer)
            } else if let received = rest("workspace< ") {
                workspace += try Self.expand(received)
            } else if let received = rest("hub< ") {
                hub += try Self.expand(received)
            } else if line == "workspace: no whole message" {
                isCutOff = true
            } else if let outcome = rest("client: ") {
                let words = outcome.split(separator: " ")
                statuses = words.compactMap { Int($0) }
                guard let last = words.last.flatMap({ Ending(rawValue: String($0)) }), words.count == statuses.count + 1
                else { throw Malformed(file: name, line: outcome) }
                ending = last
            } else if let bounds = rest("limits: ") {
                for bound in bounds.split(separator: " ") { try set(bound) }
            } else {
                throw Malformed(file: name, line: String(line))
            }
        }
        guard !title.isEmpty, !bytes.isEmpty, ending != .closed || !statuses.isEmpty else {
            throw Malformed(file: name, line: "title, bytes and outcome")
        }
    }

    private mutating func set(_ bound: Substring) throws {
        let parts = bound.split(separator: "=")
        guard parts.count == 2, let value = Int(parts[1]) else { throw Malformed(file: name, line: String(bound)) }
        switch parts[0] {
        case "head-bytes": limits.headBytes = value
        case "header-count": limits.headerCount = value
        case "body-bytes": limits.bodyBytes = Int64(value)
        default: throw Malformed(file: name, line: String(bound))
        }
    }

    private static let forwarded =
        "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: work.test\r\nX-Carrel-Request-Id: ID"

    private static func expand(_ text: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var left = Array(text.utf8)[...]
        while let byte = left.popFirst() {
            switch byte {
            case UInt8(ascii: "\\"): bytes.append(try escaped(&left, text))
            case UInt8(ascii: "{"):
                guard let end = left.firstIndex(of: UInt8(ascii: "}")) else { throw Malformed(file: "", line: text) }
                let word = String(decoding: left[..<end], as: UTF8.self)
                left = left[(end + 1)...]
                bytes += try named(word)
            default: bytes.append(byte)
            }
        }
        return bytes
    }

    private static func escaped(_ left: inout ArraySlice<UInt8>, _ text: String) throws -> UInt8 {
        switch left.popFirst() {
        case UInt8(ascii: "r"): return 13
        case UInt8(ascii: "n"): return 10
        case UInt8(ascii: "t"): return 9
        case UInt8(ascii: "0"): return 0
        case UInt8(ascii: "\\"): return UInt8(ascii: "\\")
        case UInt8(ascii: "x"):
            guard let byte = UInt8(String(decoding: left.prefix(2), as: UTF8.self), radix: 16) else { break }
            left = left.dropFirst(2)
            return byte
        default: break
        }
        throw Malformed(file: "", line: text)
    }

    private static func named(_ word: String) throws -> [UInt8] {
        switch word {
        case "path": return Array("/w/\(GatewayFixture.id)".utf8)
        case "cookie": return Array("Cookie: carrel=ada".utf8)
        case "forwarded": return Array((forwarded + "\r\nX-Carrel-User: u-aaaaaaaaaaaaaaaa").utf8)
        case "forwarded-to-hub": return Array(forwarded.utf8)
        default:
            let parts = word.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == "repeat", let count = Int(parts[1]) else {
                throw Malformed(file: "", line: word)
            }
            let piece = try expand(String(parts[2]))
            return Array(repeatElement(piece, count: count).joined())
        }
    }
}
