import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable import CarrelGateway

/// Reads with NIOHTTP1, which is llhttp without any of its lenience.
enum NIOReference {
    static let reference = CodecProperties.Reference(isTextual: true) { bytes, direction in
        (try? read(bytes, direction)) ?? Reading(isRefused: true)
    }

    private static func read(_ bytes: [UInt8], _ direction: Direction) throws -> Reading {
        let channel = EmbeddedChannel()
        let pipeline = channel.pipeline.syncOperations
        switch direction {
        case .requests: try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
        case .responses(let answersHead):
            try pipeline.addHandler(HTTPRequestEncoder())
            try pipeline.addHandler(ByteToMessageHandler(HTTPResponseDecoder(informationalResponseStrategy: .forward)))
            let head = HTTPRequestHead(version: .http1_1, method: answersHead ? .HEAD : .GET, uri: "/")
            try channel.writeOutbound(HTTPClientRequestPart.head(head))
            try channel.writeOutbound(HTTPClientRequestPart.end(nil))
        }
        var reading = Reading()
        do { try channel.writeInbound(ByteBuffer(bytes: bytes)) } catch { reading.isRefused = true }
        // A message that is cut short is no refusal.
        if !reading.isRefused { _ = try? channel.finish(acceptAlreadyClosed: true) }
        while true {
            switch direction {
            case .requests:
                guard let part = try channel.readInbound(as: HTTPServerRequestPart.self) else { return reading }
                reading.take(part) { ($0.method.rawValue, $0.uri, $0.version, $0.headers) }
            case .responses:
                guard let part = try channel.readInbound(as: HTTPClientResponsePart.self) else { return reading }
                reading.take(part) { ("\($0.status.code)", "", $0.version, $0.headers) }
            }
        }
    }
}

extension Reading {
    fileprivate mutating func take<Head>(
        _ part: HTTPPart<Head, ByteBuffer>,
        _ describe: (Head) -> (subject: String, target: String, version: HTTPVersion, headers: HTTPHeaders)
    ) {
        switch part {
        case .head(let head):
            let (subject, target, version, headers) = describe(head)
            var message = ReadMessage(subject: Array(subject.utf8), target: Array(target.utf8))
            message.minorVersion = UInt8(version.minor)
            message.fields = headers.map { name, value in
                let value = Array(value.utf8)
                let trimmed = value.withUnsafeBytes { Array($0[$0.trimmed(0..<$0.count)]) }
                return .init(name: Array(name.utf8), value: trimmed)
            }
            // NIOHTTP1 tells of no end of an interim response.
            message.isWhole = subject.count == 3 && subject.hasPrefix("1")
            messages.append(message)
        case .body(let buffer): change { $0.body += buffer.readableBytesView }
        case .end: change { $0.isWhole = true }
        }
    }

    private mutating func change(_ body: (inout ReadMessage) -> Void) {
        guard !messages.isEmpty else { return }
        body(&messages[messages.count - 1])
    }
}
